"""One node for each thing that a debugger has to survive; all are well-behaved when recorded."""

import ctypes
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import mood
from lar import FunctionalNode, GraphExecutor

HERE = Path(__file__).parent


def at_it(name):
    """Tell that the node has begun with it, and which process it is."""
    told = HERE / f"{name}.at_it"
    told.with_suffix(".new").write_text(str(os.getpid()))
    told.with_suffix(".new").rename(told)


def exits(state):
    if mood.HOSTILE:
        sys.exit(3)


def ends_at_once(state):
    if mood.HOSTILE:
        print("its last words", flush=True)
        os._exit(7)


def segfaults(state):
    if mood.HOSTILE:
        ctypes.string_at(0)


def asks(state):
    return input("your name? ") if mood.HOSTILE else "Eva"


def closes_everything(state):
    if mood.HOSTILE:
        os.closerange(0, 4096)


def keeps_a_lock(state):
    return threading.Lock() if mood.HOSTILE else "no lock"


def grows(state):
    if not mood.HOSTILE:
        return []
    mails = [{"number": n, "body": f"mail {n} " + "x" * 80} for n in range(100_000)]
    state.set("letter", "".join(f"line {n} of a long letter\n" for n in range(400_000)))
    return mails


def leaves_processes(state):
    if mood.HOSTILE:
        pause = [sys.executable, "-c", "import signal; signal.pause()"]
        again = f"import subprocess; subprocess.Popen({pause!r}, start_new_session=True)"
        subprocess.Popen(pause)
        subprocess.Popen(pause, start_new_session=True)
        subprocess.run([sys.executable, "-c", again], check=True)
        at_it("leaves_processes")
    return "went home"


def prints(state):
    print("the first line")
    block, blocks = "x" * 99_999 + "\n", 0
    while mood.HOSTILE and (blocks < 1_000 or not (HERE / "enough").exists()):
        sys.stdout.write(block)
        blocks += 1
        if blocks == 10:
            at_it("prints")
    print("the last line")


def loops(state):
    if mood.HOSTILE:
        at_it("loops")
        while True:
            pass


def backtracks(state):
    if mood.HOSTILE:
        at_it("backtracks")
        re.match(r"(a+)+$", "a" * 64 + "b")


def ignores_signals(state):
    if not mood.HOSTILE:
        return
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    at_it("ignores_signals")
    while True:
        signal.pause()


def holds_on(state):
    """Wait for ever, in the company of processes that nobody knows of."""
    if mood.HOSTILE:
        leaves_processes(state)
        at_it("holds_on")
        signal.pause()


NODES = (
    exits,
    ends_at_once,
    segfaults,
    asks,
    closes_everything,
    keeps_a_lock,
    grows,
    leaves_processes,
    prints,
    loops,
    backtracks,
    ignores_signals,
    holds_on,
)

start = None
for function in reversed(NODES):
    start = FunctionalNode(function, output_key=function.__name__, next_node=start)

if __name__ == "__main__":
    list(GraphExecutor(log_dir="logs").run_step_by_step(start, {}))
