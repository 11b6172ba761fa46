"""What is looked at and what happens to it: no screen and no terminal in here.

May use model, store, diff, watch, formats and the runtime's client; never Textual, Rich or click.
"""
