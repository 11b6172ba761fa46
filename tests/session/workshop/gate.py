"""Lets a test hold a node without a clock: it waits until the gate is opened."""

from pathlib import Path


def held(name):
    Path(f"{name}.gate").open("r").close()
