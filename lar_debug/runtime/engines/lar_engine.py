"""Executors of Lár that lar-debug makes: the engine's own class, without a history of its own.

Its history holds the whole state three times for each step, and what happens is recorded here.
"""

from __future__ import annotations

import datetime
import importlib
from typing import Any, cast

from lar_debug.model.problem import Problem
from lar_debug.runtime.engines.lar import Loop


def make_executor(**options: Any) -> Any:
    """A GraphExecutor with these options; one that was not told where to keep a log keeps none.

    Raises what GraphExecutor raises, and ImportError without the engine.
    """
    executor_module: Any = importlib.import_module("lar.executor")
    if options.get("logger") is None and options.get("log_dir") is None:
        options["logger"] = _quiet_logger()
    if options.get("log_dir") is None:
        options.pop("log_dir", None)
    return executor_module.GraphExecutor(**options)


def limited_executor(max_visits: int, audit_log: str = "") -> Any:
    """One whose limits do not stop a graph before `max_visits` steps of one class; with
    `audit_log` it writes the engine's log into that folder."""
    return make_executor(max_node_fatigue=max_visits, log_dir=audit_log or None)


def loop_of(executor: Any) -> Loop:
    """`run_step_by_step` of an executor as the engine has it, once that has been patched."""
    return executor.run_step_by_step.__func__.__wrapped__


def dict_of(state: Any) -> dict[str, Any]:
    """The dict of a state that was given: of a GraphState its own, so that both stay one.

    Raises Problem.
    """
    inner = getattr(state, "_state", state)
    if inner is None:
        return {}
    if not isinstance(inner, dict):
        raise Problem(f"the state is a {type(state).__name__}; give a dict or a GraphState")
    return cast("dict[str, Any]", inner)


def _quiet_logger() -> Any:
    base: Any = importlib.import_module("lar.logger").AuditLogger

    class QuietLogger(base):
        """An AuditLogger that keeps nothing and makes no folder."""

        def __init__(self) -> None:
            self.log_dir = ""
            self.hmac_secret = None
            self.pii_redactor = None
            self.history: list[Any] = []

        def log_step(self, step_data: Any) -> None:
            """The step is recorded elsewhere."""

        def save_to_file(self, run_id: str, user_id: Any = None, summary: Any = None) -> None:
            """There is nothing to save."""

        def _get_utc_timestamp(self) -> str:
            # Lár 2.1.0 asks for it where its steps are used up, and has no such method.
            return datetime.datetime.now(datetime.timezone.utc).isoformat()

    return QuietLogger()
