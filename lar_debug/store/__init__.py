"""Recordings on disk: content-addressed snapshots and what happened, in one SQLite file.

Runs in the user's interpreter and in the debugger's: standard library only.
"""
