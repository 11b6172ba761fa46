"""The job of one attempt: load the user's code, reach the node, run it once, keep what it did.

Runs in a process of its own that ends right after. What goes wrong in the user's code comes back
as data. The parts that know an engine are in engines/.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from lar_debug.model.engines import bookkeeping
from lar_debug.model.problem import Problem
from lar_debug.model.records import Execution, FileUse, NodeRef, Outcome
from lar_debug.model.values import Value
from lar_debug.runtime import child, protocol
from lar_debug.runtime.ahead import Ahead
from lar_debug.runtime.edits import apply_edits
from lar_debug.runtime.effects import Effects
from lar_debug.runtime.execution import Ran, ended
from lar_debug.runtime.fingerprint import Fingerprint
from lar_debug.runtime.hooks import watch_audit_events
from lar_debug.runtime.identity import Unreachable
from lar_debug.runtime.loaded import Loaded
from lar_debug.runtime.loader import keep_lines, load_error, load_from_source, loaded
from lar_debug.runtime.observation import Observation, follow_threads, quiet
from lar_debug.runtime.processes import flush_output
from lar_debug.runtime.snapshots import Snapshotter
from lar_debug.runtime.sources import UserFiles, content_digest, read_bytes
from lar_debug.runtime.tracebacks import describe, place_of, text_of
from lar_debug.runtime.user_modules import module_digests, module_files
from lar_debug.store.database import Store
from lar_debug.store.key import signing_key

Report = Callable[[dict[str, Any]], None]
Result = dict[str, Any]

FINGERPRINT_ROOM = 4_000
"""Parts of fingerprints that fit into one report; larger graphs send the one node's only."""


def job(
    request: dict[str, Any], report: Report, receive: Callable[[], dict[str, Any]] | None = None
) -> Result:
    """Run a step once more. With `receive` it is not asked for yet: what is wanted of it comes
    from there, and until then it runs ahead as far as lar_debug.runtime.ahead lets it.

    `request`: {"store", "run", "step", "roots", "learn": bool} for every attempt, to which belong
    "edited": [path] | null where it runs ahead (null: only as far as the first code of the
    user's), else {"edits": {"set": {path: value}, "unset": [path]}, "answers": "live"|"recorded",
    "tasks": "recorded" (the default)|"live", "block": bool, "probe": bool, "by_any_way": bool,
    "if_stale_against": {"fingerprint", "files": {path: digest}} | null}.

    Reports {"event": "loaded", "fingerprints": {address: parts}, "modules": {path: digest},
    "opened": [path]} and, right before the node runs, {"event": "begun", "attempt": n}.
    Returns {"ran": true, "attempt", "outcome", "error", "how"}, with "learn" also "imported":
    [module that it was the first to import, "module:Model" that it had to build], or
    {"ran": false} with "problem" (why the node was not run), "load_error" ({"file", "line",
    "message", "text", "traceback"}), "outdated" (true when it ran ahead of files that changed
    since), or none of them when nothing has changed.
    """
    from lar_debug.runtime.engines.lar_execution import reexecute

    attempt = Attempt(request, report)
    if receive is None:
        attempt.asked(request)
    else:
        attempt.run_ahead(receive)
    result: Result
    try:
        result = reexecute(attempt)
    except Problem as error:
        result = {"ran": False, "problem": str(error)}
    except Exception as error:
        result = {"ran": False, "load_error": _as_load_error(error, attempt.files.roots)}
    finally:
        attempt.effects.active = False
    # An error of loading is one only when the files are still those that were loaded.
    attempt.wait_until_asked()
    return attempt.with_imported(result)


def _as_load_error(error: Exception, roots: tuple[str, ...]) -> dict[str, Any]:
    keep_lines()
    found = load_error(error)
    if found is not None:
        return {**found.as_data(), "traceback": ""}
    file, line = place_of(error, roots) or ("", 0)
    text = ""
    source = loaded.get(file)
    if source is not None:
        lines = source.text.splitlines()
        text = lines[line - 1] if 0 < line <= len(lines) else ""
    return {
        "file": file,
        "line": line,
        "message": describe(error),
        "text": text,
        "traceback": text_of(error),
    }


class Attempt:
    """One re-execution: what was recorded of the step, and what is written of the attempt."""

    def __init__(self, request: Mapping[str, Any], report: Report) -> None:
        self._request = request
        self._report = report
        self._loaded = Loaded() if request["learn"] else None
        self._ahead: Ahead | None = None
        self._restored: dict[str, Any] | None = None
        self.store = Store.open(Path(request["store"]))
        self.info = self.store.run(request["run"])
        self.step = self.store.step(self.info.run, int(request["step"]))
        self.recorded = self.store.execution(self.info.run, self.step.step, 0)
        self.nodes = self.store.nodes(self.info.run)
        self.files = UserFiles(request["roots"])
        self.effects = Effects(self.files, self.store.texts.write)
        self.blocked = False
        self.answers_recorded = False
        self.tasks_live = False
        self.by_any_way = True
        self.how = ""
        self._fingerprint: Fingerprint = {}
        self._source = ""
        self._snapshotter = self._snapshotter_of(self.info.run)
        self._execution: Execution | None = None
        self._time_is_up = False
        load_from_source(request["roots"], before_reading=self._before_reading)
        watch_audit_events(self.effects)
        follow_threads()
        # In a session of its own the only interrupt that comes is the end of the time allowed.
        signal.signal(signal.SIGINT, self._interrupted)

    def _interrupted(self, number: int, frame: object) -> NoReturn:
        del number, frame
        self._time_is_up = True
        raise KeyboardInterrupt

    def asked(self, request: Mapping[str, Any]) -> None:
        """What is wanted of this attempt."""
        self._request = request
        self.blocked = bool(request.get("block"))
        self.answers_recorded = request.get("answers") == "recorded"
        self.tasks_live = request.get("tasks") == "live"
        self.by_any_way = bool(request.get("by_any_way", True))

    # -- before it is asked for ---------------------------------------------------------------

    def run_ahead(self, receive: Callable[[], dict[str, Any]]) -> None:
        """Go on without being asked, as far as nobody can tell the difference afterwards."""
        with quiet():
            self._restored = self._snapshotter.restore_plain(self.recorded.before)

        def wait() -> dict[str, Any]:
            # Which modules are the user's takes a while to find out, and is remembered.
            self.files.modules()
            return receive()

        self._ahead = self.effects.ahead = Ahead(
            self._request["edited"] or (),
            self.files,
            receive=wait,
            asked=self.asked,
            give_up=lambda: self.finish({"ran": False, "outdated": True}),
        )
        self._ahead.begin()
        if self._request["edited"] is None:
            self._ahead.wait()

    def wait_until_asked(self) -> None:
        """Go on only when this attempt is asked for."""
        if self._ahead is not None:
            self._ahead.wait()

    def _before_reading(self, path: str) -> None:
        if self._ahead is not None:
            self._ahead.comes_to(path)

    # -- before the node runs -----------------------------------------------------------------

    def snapshot(self, reference: str, run: str) -> dict[str, Any]:
        """A recorded state of a run, as real objects."""
        of_run = self._snapshotter if run == self.info.run else self._snapshotter_of(run)
        with quiet():
            return of_run.restore(reference)

    def _snapshotter_of(self, run: str) -> Snapshotter:
        key = signing_key(create=False)
        return Snapshotter(self.store.objects, self.store.texts, run=run, key=key)

    def recorded_value(self, key: str) -> Value:
        """What the recorded step left under a key; None where it left nothing."""
        state = self.recorded.after
        try:
            return self.store.reader.value(state, (key,)) if state else None
        except LookupError:
            return None

    def unchanged_source(self) -> str:
        """The recorded source of the node when no module has changed since, else "".

        Finding it anew means parsing the module.
        """
        recorded = {
            use.path: use.digest for use in self.store.files(self.info.run) if use.mode == "module"
        }
        return self.recorded.source if self._modules.items() <= recorded.items() else ""

    @cached_property
    def _modules(self) -> dict[str, str]:
        """Digests of the modules that reaching the node has loaded, by path."""
        return module_digests(self.files)

    def ready(
        self, address: str, source: str, fingerprints: dict[str, Fingerprint], how: str
    ) -> Result | None:
        """Tell what was loaded. A result means that the node is not to be run."""
        self.wait_until_asked()
        self.how = how
        self._source = source
        self._fingerprint = fingerprints.get(address, {})
        with quiet():
            if sum(map(len, fingerprints.values())) > FINGERPRINT_ROOM:
                fingerprints = {address: self._fingerprint}
            self._report(
                {
                    "event": "loaded",
                    "fingerprints": fingerprints,
                    "modules": self._modules,
                    "opened": sorted(set(self.effects.read_outside) - set(self._modules)),
                }
            )
            if self._request.get("probe") or not self._is_stale():
                return {"ran": False}
        return None

    def _is_stale(self) -> bool:
        against: Mapping[str, Any] | None = self._request.get("if_stale_against")
        if against is None or self._fingerprint != against["fingerprint"]:
            return True
        known: Mapping[str, str] = against["files"]
        return any(_digest_now(path) != digest for path, digest in known.items())

    def begin(self, state: dict[str, Any]) -> None:
        """Put the recorded state with the person's edits into `state` and take a number."""
        recorded = self.recorded
        edits: dict[str, Any] = self._request.get("edits") or {}
        restored, self._restored = self._restored, None
        if restored is None:
            restored = self.snapshot(recorded.before, self.info.run)
        before = recorded.before
        with quiet():
            if edits.get("set") or edits.get("unset"):
                apply_edits(restored, edits)
                before = self._snapshotter.take(restored).ref
            else:
                edits = {}
            state.clear()
            state.update(restored)
            started = time.time()
            number = self.store.begin_attempt(
                self.info.run, self.step.step, before=before, edits=edits, started=started
            )
            self._execution = Execution(
                self.info.run,
                self.step.step,
                number,
                Outcome.RUNNING,
                started,
                before=before,
                edits=edits,
                fingerprint=self._fingerprint,
                source=self._source,
                how=self.how,
            )
            self._report({"event": "begun", "attempt": number})

    # -- after it -----------------------------------------------------------------------------

    def end(
        self,
        state: dict[str, Any],
        observation: Observation,
        ran: Ran,
        next_node: NodeRef | None,
    ) -> Result:
        """Write what the node did; the result of the job."""
        before = self._execution
        if before is None:
            raise Unreachable("the engine did not come to run the node")
        with quiet():
            if ran.raised is not None or observation.error is not None:
                keep_lines()
            taken = self._snapshotter.take(state)
            hidden = bookkeeping(self.info.engine)
            changes = self._snapshotter.changes(before.before, taken.ref, hidden)
            execution = ended(before, observation, ran, self.files.roots)
            if self._time_is_up:
                execution = execution._replace(outcome=Outcome.TIMEOUT, error="its time was up")
            changed = (*changes.added, *changes.updated, *changes.removed)
            execution = execution._replace(
                after=taken.ref,
                marks=taken.marks,
                changes=changes,
                next=() if next_node is None else (next_node,),
                written=tuple(dict.fromkeys((*execution.written, *changed))),
            )
            files = self._files_behind(observation)
            self.store.end_execution(execution, calls=observation.calls, files=files)
        return {
            "ran": True,
            "attempt": execution.attempt,
            "outcome": execution.outcome.value,
            "error": execution.error,
            "how": execution.how,
        }

    def _files_behind(self, observation: Observation) -> list[FileUse]:
        """What the node opened, what importing the modules read, and the modules that are not as
        they were when the run was recorded; each path once."""
        recorded = {
            use.path: use.digest for use in self.store.files(self.info.run) if use.mode == "module"
        }
        # The node may have imported some only now.
        loaded_now = module_digests(self.files)
        uses = self.effects.written_files(observation)
        others = (
            module_files(self.files, self.store.texts.write, recorded.items()),
            self.effects.read_outside.values(),
            [FileUse(path, "gone") for path in recorded if path not in loaded_now],
        )
        for more in others:
            paths = {use.path for use in uses}
            uses += [use for use in more if use.path not in paths]
        return uses

    def finish(self, result: Result) -> NoReturn:
        """End the process here, deep inside the user's script, so that nothing of it goes on."""
        self.effects.active = False
        channel: object = getattr(self._report, "__self__", None)
        flush_output()
        if isinstance(channel, child.Channel):
            result = self.with_imported(result)
            channel.send(protocol.encode({"event": "result", "data": result}))
        os._exit(0)

    def with_imported(self, result: Result) -> Result:
        """The result with what this attempt was the first to load: worth preloading."""
        if not result["ran"] or self._loaded is None:
            return result
        files = self.files
        loaded = self._loaded.since(lambda one: not files.is_source(getattr(one, "__file__", None)))
        return {**result, "imported": loaded}


def _digest_now(path: str) -> str:
    data = read_bytes(path)
    return "" if data is None else content_digest(data)
