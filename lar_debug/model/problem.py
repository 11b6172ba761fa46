"""The one kind of exception that a person reads: a single line that says what to do."""


class Problem(Exception):
    """Something a person can mend. The command line prints the line and exits with 2."""
