"""What is seen while one node runs: keys, calls, files, effects and errors, in all its threads.

The engine's part and the effects report here; the recorder and the re-execution read it when
the node has ended. Knows no engine and no store.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import wraps
from typing import Any, Final, Protocol

from lar_debug.model.records import Call, FileUse, Tokens
from lar_debug.runtime.interrupts import Person

_INHERITED = "_lar_debug_context"
_NO_TOKENS: Final = Tokens()


class Tasks(Protocol):
    """Where the tasks that a node calls keep their results."""

    @property
    def ours(self) -> bool:
        """False in a process that the node has forked."""
        ...

    def begin(self, name: str, arguments: Any, within: str) -> Any:
        """A task is called; what stands for this one call (see lar_debug.runtime.tasks)."""
        ...


class Observation:
    """One node while it runs. Threads that the node starts report here too."""

    def __init__(
        self,
        state: object,
        *,
        answers: Any = None,
        blocking: bool = False,
        tasks: Tasks | None = None,
        keep_text: Callable[[str], str] | None = None,
        person: Person | None = None,
    ) -> None:
        """`answers` are a recording's, for model calls; while `blocking` nothing that the node
        does reaches the outside. `person` answers what the node asks, None: whoever is there.
        `keep_text` puts a text into the store that this is recorded in."""
        self.answers = answers
        self.blocking = blocking
        self.tasks = tasks
        self.keep_text = keep_text
        self.person = Person() if person is None else person
        self.state = state
        self.over = False
        self.reads: dict[str, None] = {}
        self.written: dict[str, None] = {}
        self.files: dict[tuple[str, str], FileUse] = {}
        self.effects: dict[str, None] = {}
        self.error: BaseException | None = None
        self.error_texts: dict[int, str] = {}
        self.swallowed: BaseException | None = None
        self.blocked = ""
        self._calls: list[Call] = []
        self._own_writes: dict[int, tuple[object, set[str]]] = {}
        self._lock = threading.Lock()

    def read(self, state: object, key: str) -> None:
        """A key was looked at; one that the node wrote before is no input of it."""
        own = self._own_writes.get(id(state))
        if own is None or key not in own[1]:
            self.reads[key] = None

    def write(self, state: object, key: str) -> None:
        """A key was set or deleted, in the state of the step or in a branch's copy of it."""
        # The state is held with its keys: a branch's copy that is gone may give its id away.
        self._own_writes.setdefault(id(state), (state, set()))[1].add(key)
        if state is self.state:
            self.written[key] = None

    def begin_call(self, kind: str, **known: Any) -> int:
        """Reserve the place of a call, so that calls stand in the order in which they began."""
        with self._lock:
            self._calls.append(Call(len(self._calls), kind, **known))
            return len(self._calls) - 1

    def end_call(self, place: int, **learned: Any) -> None:
        """Add to a call what is known after it."""
        self._calls[place] = self._calls[place]._replace(**learned)

    @property
    def calls(self) -> list[Call]:
        return list(self._calls)

    @property
    def tokens(self) -> Tokens:
        """Sum over the calls."""
        if not self._calls:
            return _NO_TOKENS
        return Tokens(
            sum(call.tokens.prompt for call in self._calls),
            sum(call.tokens.output for call in self._calls),
        )


class _Context(threading.local):
    """What a thread is doing for lar-debug; a new thread takes it over from its starter."""

    def __init__(self) -> None:
        inherited = getattr(threading.current_thread(), _INHERITED, None)
        self.observed: tuple[Observation, ...] = inherited[0] if inherited else ()
        self.nodes: tuple[object, ...] = inherited[1] if inherited else ()
        self.quiet: int = inherited[2] if inherited else 0


_context = _Context()


def observed() -> tuple[Observation, ...]:
    """The nodes at work in this thread, outermost first."""
    stack = _context.observed
    if stack and stack[-1].over:
        stack = _context.observed = tuple(one for one in stack if not one.over)
    return stack


def current_node() -> object | None:
    """The innermost node at work in this thread (a branch's, an inner node's)."""
    return _context.nodes[-1] if _context.nodes else None


def is_quiet() -> bool:
    """True while what happens is not the node's doing: inside a model call, or our own work."""
    return _context.quiet > 0


class _Quiet:
    """Stateless, so that one serves all; a generator would cost more than what it guards."""

    __slots__ = ()

    def __enter__(self) -> None:
        _context.quiet += 1

    def __exit__(self, *error: object) -> None:
        _context.quiet -= 1


_QUIET: Final = _Quiet()


def quiet() -> _Quiet:
    """Report nothing that happens inside."""
    return _QUIET


class observing:
    """Report to `observation` what this thread and the threads it starts do."""

    __slots__ = ("_before", "_observation")

    def __init__(self, observation: Observation) -> None:
        self._observation = observation

    def __enter__(self) -> None:
        self._before = _context.observed
        _context.observed = (*self._before, self._observation)

    def __exit__(self, *error: object) -> None:
        self._observation.over = True
        _context.observed = self._before


class inside_node:
    """`node` is the innermost one at work in this thread."""

    __slots__ = ("_before", "_node")

    def __init__(self, node: object) -> None:
        self._node = node

    def __enter__(self) -> None:
        self._before = _context.nodes
        _context.nodes = (*self._before, self._node)

    def __exit__(self, *error: object) -> None:
        _context.nodes = self._before


def _taken() -> tuple[tuple[Observation, ...], tuple[object, ...], int]:
    return observed(), _context.nodes, _context.quiet


def follow_threads() -> Callable[[], None]:
    """From now on threads and pool tasks report to the node that started them.

    Returns a function that undoes it.
    """
    start, submit = threading.Thread.start, ThreadPoolExecutor.submit

    @wraps(start)
    def following_start(self: threading.Thread) -> None:
        if _context.observed or _context.quiet:
            setattr(self, _INHERITED, _taken())
        start(self)

    @wraps(submit)
    def following_submit(
        self: ThreadPoolExecutor, function: Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> Future[Any]:
        if _context.observed or _context.quiet:
            function = _carrying(_taken(), function)
        return submit(self, function, *args, **kwargs)

    threading.Thread.start = following_start
    ThreadPoolExecutor.submit = following_submit

    def undo() -> None:
        threading.Thread.start = start
        ThreadPoolExecutor.submit = submit

    return undo


def _carrying(
    taken: tuple[tuple[Observation, ...], tuple[object, ...], int], function: Callable[..., Any]
) -> Callable[..., Any]:
    """`function`, run with the context of the thread that handed it in."""

    @wraps(function)
    def carried(*args: Any, **kwargs: Any) -> Any:
        before = _context.observed, _context.nodes, _context.quiet
        _context.observed, _context.nodes, _context.quiet = taken
        try:
            return function(*args, **kwargs)
        finally:
            _context.observed, _context.nodes, _context.quiet = before

    return carried
