"""Lár: seeing its nodes run. Patches the engine's classes once, when the program imports them.

Who is told is a `Host`: the recorder, or the re-execution of one node. The engine's own code
runs unchanged; nothing of it is copied. Imports the engine only when the program has done so.
"""

from __future__ import annotations

import builtins
import importlib.util
import select
import sys
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from functools import partial, wraps
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import FrameType, FunctionType, ModuleType
from typing import Any, Protocol

from lar_debug.runtime.engines.lar_calls import Asked, wrap_completion
from lar_debug.runtime.engines.lar_nodes import HIDDEN_KEYS, question_of, template_keys
from lar_debug.runtime.interrupts import Interrupted, Person
from lar_debug.runtime.observation import (
    current_node,
    inside_node,
    is_quiet,
    observed,
)

NAME = "lar"
PACKAGE = "lar-engine"

ERROR_KEY = "last_error"
COUNTS_KEY = "__node_counts"
_LOOKED_FOR = ("token_budget", ERROR_KEY)
"""Keys that the engine's nodes look for whether they are there or not."""

_MARK = "_lar_debug_wrapped"
_ENGINE_MODULE = "lar.executor"
_BUILTIN_INPUT = builtins.input
_frame = sys._getframe  # pyright: ignore[reportPrivateUsage]

Loop = Callable[..., Generator[Any, Any, Any]]
"""GraphExecutor.run_step_by_step as the engine has it."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a program starts a run: the names there are what people know its nodes by."""

    module: str
    function: str
    file: str
    line: int
    names: Mapping[str, Any]

    @classmethod
    def of(cls, frame: FrameType) -> Caller:
        code = frame.f_code
        at_top = frame.f_locals is frame.f_globals or code.co_name == "<module>"
        return cls(
            module=str(frame.f_globals.get("__name__", "")),
            function=getattr(code, "co_qualname", code.co_name),
            file=code.co_filename,
            line=frame.f_lineno,
            names={} if at_top else dict(frame.f_locals),
        )


@dataclass(frozen=True, slots=True)
class Started:
    """What a program handed to `run_step_by_step`."""

    loop: Loop
    executor: Any
    start_node: Any
    initial_state: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    caller: Caller

    def run(self) -> Generator[Any, Any, Any]:
        """The engine's own generator for it."""
        return self.loop(
            self.executor, self.start_node, self.initial_state, *self.args, **self.kwargs
        )


class Host(Asked, Protocol):
    """Who is told what happens in the engine."""

    def run(self, started: Started) -> Generator[Any, Any, Any]:
        """Stands for the generator of `run_step_by_step`."""
        ...

    def step(self, node: Any, state: Any, work: Callable[[], Any]) -> Any:
        """An executor runs a node; `work` runs its code and returns the next node."""
        ...

    def counting(self, visits: dict[str, int]) -> None:
        """An executor is about to put its count of visits, by class, into the state."""
        ...

    def question(self, node: Any) -> tuple[int, str]:
        """Where a node that asks a person stands among others, and the id of its question."""
        ...


_installed: list[Host] = []


def installed() -> Host | None:
    """Who is told in this process, None before `install`."""
    return _installed[0] if _installed else None


def install(host: Host) -> None:
    """Tell `host` from now on, also when the program imports the engine only later."""
    _installed[:] = [host]
    if _ENGINE_MODULE in sys.modules:
        _patch(host)
    else:
        sys.meta_path.insert(0, _Finder(host))


class _Finder(MetaPathFinder):
    """Patches the engine right after the program's own import of it, then goes away."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def find_spec(
        self, fullname: str, path: object = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if fullname != _ENGINE_MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            _patch(self._host)

        setattr(spec.loader, "exec_module", exec_module)  # noqa: B010
        return spec


def _patch(host: Host) -> None:
    executor: Any = sys.modules[_ENGINE_MODULE]
    nodes: Any = sys.modules["lar.node"]
    _patch_state(sys.modules["lar.state"], host)
    loop = _patch_loop(executor.GraphExecutor, host)
    _patch_nodes(nodes, host, loop)
    nodes.completion = wrap_completion(nodes.completion, host)
    nodes.input = partial(_ask, host)
    litellm: Any = sys.modules.get("litellm")
    if litellm is not None:
        # A node of the user's own class may call the model itself.
        litellm.completion = wrap_completion(litellm.completion, host)


def _patch_loop(executor_type: Any, host: Host) -> Any:
    loop = executor_type.run_step_by_step

    @wraps(loop)
    def run_step_by_step(
        self: Any, start_node: Any, initial_state: Any, *args: Any, **kwargs: Any
    ) -> Generator[Any, Any, Any]:
        caller = Caller.of(_frame(1))
        return host.run(Started(loop, self, start_node, initial_state, args, kwargs, caller))

    executor_type.run_step_by_step = run_step_by_step
    return loop


# -- nodes ----------------------------------------------------------------------------------


def _patch_nodes(nodes: Any, host: Host, loop: Any) -> None:
    base: Any = nodes.BaseNode

    def wrap(kind: type) -> None:
        function = kind.__dict__.get("execute")
        if (
            isinstance(function, FunctionType)
            and not getattr(function, "__isabstractmethod__", False)
            and not hasattr(function, _MARK)
        ):
            setattr(kind, "execute", _wrapped(function, host, nodes, loop.__code__))  # noqa: B010

    def init_subclass(cls: type, **kwargs: Any) -> None:
        super(base, cls).__init_subclass__(**kwargs)
        wrap(cls)

    base.__init_subclass__ = classmethod(init_subclass)
    todo: list[type] = [base]
    while todo:
        kind = todo.pop()
        wrap(kind)
        todo += kind.__subclasses__()


def _wrapped(function: FunctionType, host: Host, nodes: Any, loop_code: object) -> Any:
    llm_type: type = nodes.LLMNode

    @wraps(function)
    def execute(self: Any, state: Any, *args: Any, **kwargs: Any) -> Any:
        if current_node() is self:
            # super().execute(): still the same step.
            return function(self, state, *args, **kwargs)
        if isinstance(self, llm_type):
            # The program may have put a function of its own in the place of `completion`.
            nodes.completion = wrap_completion(nodes.completion, host)
        with inside_node(self):
            if _frame(1).f_code is loop_code:
                work = partial(_run, function, self, state, args, kwargs)
                return host.step(self, state, work)
            try:
                return _run(function, self, state, args, kwargs)
            except BaseException as error:
                for one in observed():
                    one.error = error if one.error is None else one.error
                raise

    setattr(execute, _MARK, True)
    return execute


def _run(
    function: Any, node: Any, state: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    for key in template_keys(getattr(node, "prompt_template", None)):
        for one in observed():
            one.read(state, key)
    return function(node, state, *args, **kwargs)


# -- state ----------------------------------------------------------------------------------


def _patch_state(module: Any, host: Host) -> None:
    kind: Any = module.GraphState
    get, put, delete = kind.get, kind.set, kind.delete
    item, everything = kind.__getitem__, kind.get_all

    @wraps(get)
    def noting_get(self: Any, key: str, default: Any = None) -> Any:
        _read(self, key)
        return get(self, key, default)

    @wraps(item)
    def noting_item(self: Any, key: str) -> Any:
        _read(self, key)
        return item(self, key)

    @wraps(put)
    def noting_set(self: Any, key: str, value: Any) -> None:
        if key == COUNTS_KEY:
            host.counting(value)
        put(self, key, value)
        for one in observed():
            _wrote(one, self, key)
            if key == ERROR_KEY:
                _error_set(one, self, value)

    @wraps(delete)
    def noting_delete(self: Any, key: str) -> None:
        delete(self, key)
        for one in observed():
            _wrote(one, self, key)

    @wraps(everything)
    def noting_get_all(self: Any) -> Any:
        # The engine itself copies the whole state for logs and branches; that is no reading.
        if observed() and not _is_engine(_frame(1)):
            for key in self._state:
                _read(self, key)
        return everything(self)

    kind.get, kind.set, kind.delete = noting_get, noting_set, noting_delete
    kind.__getitem__, kind.get_all = noting_item, noting_get_all


def _read(state: Any, key: Any) -> None:
    running = observed()
    if not running or not isinstance(key, str) or key in HIDDEN_KEYS:
        return
    if key in _LOOKED_FOR and key not in state._state and _is_engine(_frame(2)):
        return
    for one in running:
        one.read(state, key)


def _is_engine(frame: FrameType) -> bool:
    """True where the engine's own code asks."""
    return str(frame.f_globals.get("__name__", "")).startswith("lar.")


def _wrote(one: Any, state: Any, key: Any) -> None:
    if isinstance(key, str) and key not in HIDDEN_KEYS:
        one.write(state, key)


def _error_set(one: Any, state: Any, value: Any) -> None:
    if value:
        one.error_texts[id(state)] = value if isinstance(value, str) else repr(value)
        # ToolNode sets it where it has caught the exception: the only place that still knows it.
        one.swallowed = sys.exc_info()[1]
    else:
        one.error_texts.pop(id(state), None)


# -- a person's answer ----------------------------------------------------------------------


def _ask(host: Host, prompt: object = "") -> str:
    """Stands for `input` in lar.node: asks where somebody can answer, else the run waits."""
    running = observed()
    persons = [one.person for one in running] or [Person()]
    person = next((one for one in persons if one.alone), persons[0])
    if not person.alone and (line := _typed(prompt)) is not None:
        return line
    node = current_node()
    place, id = host.question(node)
    state = getattr(running[-1].state, "_state", {}) if running else {}
    told = person.take(question_of(node, state, id), place)
    if told is None:
        raise Interrupted(person.note(), node=type(node).__name__)
    return told


def _typed(prompt: object) -> str | None:
    """What somebody types who is there; None when nobody is."""
    if builtins.input is not _BUILTIN_INPUT or is_quiet():
        return builtins.input(prompt)
    if _somebody_answers():
        try:
            return builtins.input(prompt)
        except EOFError:
            return None
    return None


def _somebody_answers() -> bool:
    """True for a terminal, or when an answer (or the end) already stands in the input."""
    try:
        if sys.stdin.isatty():
            return True
        return bool(select.select([sys.stdin], [], [], 0)[0])
    except (OSError, ValueError, AttributeError):
        return True
