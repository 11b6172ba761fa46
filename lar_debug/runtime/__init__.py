"""What runs inside the user's interpreter: recording, and one process per attempt.

Standard library only, Python 3.10 or newer. Knows nothing of screens or of the debugger's side.
"""
