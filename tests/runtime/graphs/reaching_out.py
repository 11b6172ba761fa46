"""Nodes that touch the world: files, a program, a connection."""

import pathlib
import socket
import subprocess
import sys

from lar import FunctionalNode, GraphExecutor

SETTINGS = open("settings.txt").read()


def reads(state):
    with open("prompt.txt") as file:
        state.set("prompt", file.read())
    state.set("there", pathlib.Path("absent.txt").exists())
    try:
        pathlib.Path("absent.txt").read_text()
    except FileNotFoundError:
        pass


def writes(state):
    pathlib.Path("out.txt").write_text("done")


def runs(state):
    return subprocess.run([sys.executable, "-c", "pass"]).returncode


def connects(state):
    with socket.create_connection(("localhost", state.get("port"))):
        return "connected"


def counts(state):
    count = int(pathlib.Path("count.txt").read_text()) + 1
    with open("count.txt", "w") as file:
        file.write(str(count))
    return count


nodes = [
    FunctionalNode(function, output_key="result")
    for function in (reads, writes, runs, connects, counts)
]
for one, following in zip(nodes, nodes[1:]):
    one.next_node = following

if __name__ == "__main__":
    list(GraphExecutor(log_dir="logs").run_step_by_step(nodes[0], {"port": int(sys.argv[1])}))
