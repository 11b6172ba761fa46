"""Files of other programs, read into runs of the store and written from them.

One file per format, each with a check of its shape. Runs no code of the user's, opens no pickle.
"""
