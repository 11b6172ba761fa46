"""The debugger's side of the processes that run a person's code. Knows no screen and no session."""
