"""`python -m lar_debug` is `lar-debug`."""

from lar_debug.cli import main

main()
