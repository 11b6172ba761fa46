"""Tasks: calls inside a node whose result is kept as soon as there is one.

When the node runs again after a crash, a task that had ended gives its result and does nothing;
outside of a recorded step it is an ordinary call. At least once, never exactly once: a process
may end between what the task did and the writing of its result. Knows no engine.
"""

from __future__ import annotations

import functools
import inspect
import os
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final, Generic, ParamSpec, Protocol, TypeVar, cast, overload

from lar_debug.model.problem import Problem
from lar_debug.model.records import STORED
from lar_debug.model.threads import TaskRow
from lar_debug.runtime.canonical import digest_of, steady_module
from lar_debug.runtime.observation import observed
from lar_debug.runtime.tracebacks import describe

P = ParamSpec("P")
R = TypeVar("R")

MOST_AT_ONCE: Final = 32
"""Tasks of this process that `submit` lets run beside each other."""

LONGEST_PAUSE: Final = 60.0
"""Seconds between two tries at most."""

_NOTHING: Final = object()


class Kept(Protocol):
    """Where the tasks of one step find and keep results."""

    def find(self, key: str) -> TaskRow | None:
        """A task of that key that has ended well, in this step or in an earlier try of it."""
        ...

    def restore(self, row: TaskRow) -> tuple[bool, Any]:
        """(True, its result); (False, None) when it cannot be made again."""
        ...

    def keep(self, row: TaskRow, value: Any) -> None:
        """A task has ended with a value. Raises Problem when that must be kept and cannot be."""
        ...

    def keep_failure(self, row: TaskRow) -> None:
        """A task has ended in an error."""
        ...


class StepTasks:
    """The tasks of one step while it runs: gives each call its key."""

    def __init__(self, kept: Kept, *, seed: str, run: str, step: int, inner: Callable[[], str]):
        """`seed` names the step in all its tries; `inner` is the address of the node at work
        when that is one inside the step's own, else ""."""
        self.kept, self.run, self.step = kept, run, step
        self._process = os.getpid()
        self._seed, self._inner = seed, inner
        self._counted: dict[str, int] = {}
        self._lock = threading.Lock()

    @property
    def ours(self) -> bool:
        """False in a process that the node has forked: what is kept is its parent's business."""
        return os.getpid() == self._process

    def begin(self, name: str, arguments: Any, within: str) -> _Call:
        """A task is called with these arguments, now and in this order; `within` is the key of
        the task that calls it, else "". What that one calls is not called any more once it has a
        result, so it may not count among the calls of the node."""
        outer = within and blake2b(within.encode("utf-8", "replace"), digest_size=8).hexdigest()
        base = "|".join(filter(None, (self._inner(), outer, name, digest_of(arguments))))
        with self._lock:
            count = self._counted[base] = self._counted.get(base, -1) + 1
        key = f"{base}|{count}"
        secret = blake2b(f"{self._seed}|{key}".encode("utf-8", "replace"), digest_size=16)
        return _Call(name, key, secret.hexdigest(), self)


@dataclass(frozen=True, slots=True)
class _Call:
    name: str
    key: str
    idempotency_key: str
    step: StepTasks | None


class _Running(threading.local):
    """The task at work in this thread: its secret for services, and its key in the step."""

    secret = ""
    key = ""


_running = _Running()


def idempotency_key() -> str:
    """Inside a task: a text that is the same for every try of this very call, after a crash and
    from another process too. For services that refuse to do the same thing twice.

    Raises Problem outside of a task.
    """
    if not _running.secret:
        raise Problem("idempotency_key() is for use inside a function that is a @lar_debug.task")
    return _running.secret


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a task is tried again, and after which pause."""

    count: int = 0
    backoff: float = 1.0
    on: tuple[type[Exception], ...] = (Exception,)

    def pause(self, tried: int) -> float:
        """Seconds before the next try, after `tried` of them: twice as long each time."""
        return min(self.backoff * 2 ** (tried - 1), LONGEST_PAUSE)


class Task(Generic[P, R]):
    """A function that is a task: call it for the result, `submit` it for a future."""

    __name__: str
    __qualname__: str

    def __init__(self, function: Callable[P, R], retries: Retries) -> None:
        if inspect.iscoroutinefunction(function):
            raise TypeError(f"{function.__qualname__}: a task is an ordinary function, not async")
        functools.update_wrapper(cast("Any", self), function)
        self._function = function
        self._retries = retries
        self._signature = inspect.signature(function)
        module = steady_module(function.__module__)
        self._name = f"{module}.{getattr(function, '__qualname__', 'task')}"

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self._done(self._begun(args, kwargs), args, kwargs)

    def submit(self, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Run beside the caller; `result()` waits, and raises what the function raised."""
        call = self._begun(args, kwargs)
        if not _running.secret:
            return _pool().submit(self._done, call, args, kwargs)
        # A task that waits for others must not take the place that they need.
        future: Future[R] = Future()
        try:
            future.set_result(self._done(call, args, kwargs))
        except Exception as error:
            future.set_exception(error)
        return future

    def __reduce__(self) -> str:
        """Copied and pickled as functions are: by name."""
        return self.__qualname__

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        if instance is None:
            return self
        bound: Any = cast("Any", self._function).__get__(instance, owner)
        return Task(bound, self._retries)

    def _begun(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Call:
        tasks = next((one.tasks for one in reversed(observed()) if one.tasks is not None), None)
        if tasks is None or not tasks.ours:
            return _Call(self._name, "", uuid.uuid4().hex, None)
        # Raises what a call with the wrong arguments raises.
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        arguments = getattr(self._function, "__self__", None), bound.args, bound.kwargs
        return cast("_Call", tasks.begin(self._name, arguments, _running.key))

    def _done(self, call: _Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> R:
        if call.step is None:
            return self._tried(call, args, kwargs, [])
        row = TaskRow(call.step.run, call.step.step, call.key, self._name)
        place = _noted(call, args, kwargs)
        found = call.step.kept.find(call.key)
        if found is not None:
            there, value = call.step.kept.restore(found)
            if there:
                _note_end(place, value, found.duration_ns, stored=True)
                return value
        return self._kept(call, row, place, args, kwargs)

    def _kept(
        self, call: _Call, row: TaskRow, place: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> R:
        """Run it now, and keep how that ended before the caller hears of it."""
        assert call.step is not None
        errors: list[str] = []
        started, begun = time.time(), time.perf_counter_ns()

        def ended() -> TaskRow:
            took = time.perf_counter_ns() - begun
            return TaskRow(row.run, row.step, row.key, row.name, "", tuple(errors), started, took)

        try:
            value = self._tried(call, args, kwargs, errors)
        except BaseException as error:
            _note_end(place, _NOTHING, ended().duration_ns, error=describe(error))
            call.step.kept.keep_failure(ended())
            raise
        _note_end(place, value, ended().duration_ns)
        call.step.kept.keep(ended(), value)
        return value

    def _tried(
        self, call: _Call, args: tuple[Any, ...], kwargs: dict[str, Any], errors: list[str]
    ) -> R:
        function: Callable[..., R] = self._function
        outer = _running.secret, _running.key
        _running.secret, _running.key = call.idempotency_key, call.key
        try:
            while True:
                try:
                    return function(*args, **kwargs)
                except Exception as error:
                    errors.append(describe(error))
                    if len(errors) > self._retries.count or not isinstance(error, self._retries.on):
                        raise
                time.sleep(self._retries.pause(len(errors)))
        finally:
            _running.secret, _running.key = outer


@overload
def task(function: Callable[P, R], /) -> Task[P, R]: ...


@overload
def task(
    *, retries: int = 0, backoff: float = 1.0, retry_on: tuple[type[Exception], ...] = (Exception,)
) -> Callable[[Callable[P, R]], Task[P, R]]: ...


def task(
    function: Callable[..., Any] | None = None,
    /,
    *,
    retries: int = 0,
    backoff: float = 1.0,
    retry_on: tuple[type[Exception], ...] = (Exception,),
) -> Any:
    """Make a function a task: `@task`, or `@task(retries=3, backoff=0.5)`.

    It is tried `retries` times again where it raises one of `retry_on`, first after `backoff`
    seconds, then after twice as long each time (a minute at most). Raises ValueError for less
    than none of either.
    """
    if retries < 0 or backoff < 0:
        raise ValueError(f"a task with {retries} retries and a pause of {backoff} s: not below 0")
    chosen = Retries(retries, backoff, retry_on)
    if function is not None:
        return Task(function, chosen)
    return functools.partial(Task, retries=chosen)


@functools.cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="lar-debug-task")


# A forked child has the parent's pool without its threads.
os.register_at_fork(after_in_child=_pool.cache_clear)


def _noted(call: _Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[tuple[Any, int]]:
    """A call of the step, as its calls are shown."""
    parts = [*map(_brief, args), *(f"{name}={_brief(value)}" for name, value in kwargs.items())]
    prompt = f"{call.name.rpartition('.')[2]}({', '.join(parts)})"
    known: dict[str, Any] = {"prompt": prompt, "settings": {"key": call.key}}
    return [(one, one.begin_call("task", **known)) for one in observed()]


def _note_end(
    places: list[tuple[Any, int]],
    value: Any,
    duration_ns: int,
    *,
    stored: bool = False,
    error: str = "",
) -> None:
    output = "" if value is _NOTHING else _brief(value)
    finish = STORED if stored else ""
    for one, place in places:
        one.end_call(place, output=output, duration_ns=duration_ns, error=error, finish=finish)


def _brief(value: Any) -> str:
    try:
        text = repr(value)
    except Exception:
        text = f"<{type(value).__name__}>"
    return text if len(text) <= 200 else f"{text[:199]}…"
