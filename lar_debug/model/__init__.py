"""Frozen data that every room may share. No I/O and nothing outside the standard library."""
