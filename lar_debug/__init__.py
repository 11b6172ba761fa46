"""lar-debug: a time-travel debugger for agent graphs.

Importing this package loads nothing else: the runtime half runs inside the user's
interpreter with the standard library alone, so no module here may import a third-party one.
"""

__version__ = "0.1.0"
