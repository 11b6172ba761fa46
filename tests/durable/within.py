"""What programs do with threads inside one process, and what they are told."""

import contextlib
import gc
import itertools
import os
import signal
import sys
import threading
import time
from pathlib import Path

from lar import AddValueNode, node

import lar_debug
from lar_debug.runtime import claims
from lar_debug.store.database import Store
from tests.durable.desk import until
from tests.durable.graphs import threads as graphs
from tests.durable.graphs.log import ran

THREAD = "case-42"


def executor(**options):
    return lar_debug.DurableExecutor(store="threads.db", **options)


def begun(thread: str = THREAD, start=None, **options):
    """The steps of three nodes, or of another graph."""
    start = graphs.three() if start is None else start
    return executor().run_step_by_step(start, {}, thread_id=thread, **options)


def told(steps) -> list[str]:
    """The outcomes of steps, and what was raised in the end."""
    outcomes: list[str] = []
    try:
        for entry in steps:
            outcomes.append(entry["outcome"])
    except BaseException as error:
        outcomes.append(f"{type(error).__name__}: {error}")
    return outcomes


def in_child(work) -> None:
    """Do it in a forked process, to its end."""
    pid = os.fork()
    if pid == 0:
        work()
        os._exit(0)
    os.waitpid(pid, 0)


def forked_in_the_loop() -> list:
    steps = begun()
    next(steps)
    in_child(lambda: ran(f"child {told(steps)} {told(begun('of the child'))}"))
    return told(steps)


def workers_of_one_server() -> list:
    """The server has used its executor before it forks."""
    made = executor()

    def work(name: str) -> list:
        return told(made.run_step_by_step(graphs.three(), {}, thread_id=name))

    work("server")
    reading, writing = os.pipe()
    pids = []
    for number in range(3):
        pid = os.fork()
        if pid == 0:
            # All begin at once.
            os.close(writing)
            os.read(reading, 1)
            Path(f"worker {number}").write_text(str(work(f"worker {number}")))
            os._exit(0)
        pids.append(pid)
    os.close(writing)
    for pid in pids:
        os.waitpid(pid, 0)
    return [work("server again"), *(Path(f"worker {n}").read_text() for n in range(3))]


def python_threads() -> dict:
    done: dict[str, list] = {}

    def work(name: str) -> None:
        done[name] = told(begun(name))

    workers = [threading.Thread(target=work, args=(f"thread {n}",)) for n in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return done


def two_executors() -> list:
    first = begun()
    next(first)
    return [told(begun()), told(begun(force=True)), told(first)]


def raised_in_the_loop() -> list:
    with contextlib.suppress(ValueError):
        for _ in begun():
            raise ValueError("of the program")
    return told(begun())


def thrown_into_the_loop() -> list:
    steps = begun()
    next(steps)
    with contextlib.suppress(ValueError):
        steps.throw(ValueError("of the program"))
    return told(begun())


def dropped_in_another_thread() -> list:
    steps = [begun()]
    next(steps[0])
    dropping = threading.Thread(target=steps.clear)
    dropping.start()
    dropping.join()
    return told(begun())


_left = []


def left_at_the_end_of_the_program() -> list:
    _left.append(begun())
    return [next(_left[0])["outcome"]]


def inside_a_node() -> list:
    @node(output_key="inner")
    def outer(_):
        return told(begun("inner"))

    return told(begun("outer", outer))


def inside_a_node_on_its_own_thread() -> list:
    @node(output_key="inner")
    def outer(_):
        return told(begun())

    state: dict = {}
    list(executor().run_step_by_step(outer, state, thread_id=THREAD))
    return state["inner"]


def signs_of_life() -> bool:
    """True once there was one while nothing else happened."""
    claims.BEAT_SECONDS = 0.01
    steps = begun()
    next(steps)
    store = Store.open(Path("threads.db"))

    def beat() -> float:
        row = store.claim(THREAD)
        assert row is not None
        return row.beat_on_boot

    first = beat()
    until(lambda: beat() > first, "a sign of life")
    return True


def store_deleted() -> list:
    steps = begun()
    next(steps)
    for path in Path().glob("threads.db*"):
        path.unlink()
    return [told(steps), told(begun())]


def clock_set_back() -> list:
    """By a day more before the end of the first run, before the second, which is left after a step,
    and before that goes on."""
    now, day = time.time, 0
    time.time = lambda: now() - 86_400 * day
    steps = begun()
    next(steps)
    day = 1
    first = told(steps)
    day = 2
    left = begun()
    next(left)
    left.close()
    day = 3
    return [first, told(begun())]


def a_task_that_nobody_waited_for() -> list:
    may_end = threading.Event()
    futures = []

    @lar_debug.task
    def late() -> str:
        may_end.wait()
        return "late"

    @node(output_key="begun")
    def begins(_):
        futures.append(late.submit())
        return True

    outcomes = told(begun(start=begins))
    may_end.set()
    return [*outcomes, futures[0].result()]


class Interrupt(BaseException):
    """What a signal handler raises."""


def interrupted_anywhere() -> list:
    """Raised at one place after the other in what takes and writes a thread, where Python lets
    signal handlers run: when a function begins, and after each call of C. The thread then goes on
    in this process as in any other. How many places, and what came of that, each thing once."""
    files = ("connection.py", "thread_lock.py", "claims.py")
    outcomes: dict[str, None] = {}
    for place in itertools.count(1, 3):
        left = place

        def handler(frame, event, _):
            nonlocal left
            if event in ("call", "c_return") and frame.f_code.co_filename.endswith(files):
                left -= 1
                if left == 0:
                    raise Interrupt

        sys.setprofile(handler)
        told(begun(f"thread {place}", AddValueNode("done", True)))
        sys.setprofile(None)
        # What is left of the interrupted frames goes away like any garbage.
        gc.collect()
        if left > 0:
            return [place, list(outcomes)]
        again = told(begun(f"thread {place}", AddValueNode("done", True)))
        outcomes[str(again[-1:])] = None
    return []


def handler_that_runs_a_thread() -> list:
    inner = []
    signal.signal(signal.SIGUSR1, lambda *_: inner.append(told(begun("inner"))))

    @node(output_key="interrupted")
    def interrupted(_):
        os.kill(os.getpid(), signal.SIGUSR1)
        return True

    return [told(begun(start=interrupted)), *inner]
