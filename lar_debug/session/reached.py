"""What a step did to the outside when it ran, in words: the reason why a save does not run it."""

from __future__ import annotations

from lar_debug.model.records import NOT_NOTED, Call, Execution, NodeRef
from lar_debug.session.recording import Recording

_VERBS = {"http": "spoke to", "process": "started", "file": "wrote"}
_NAMELESS = {
    "connect": "spoke to a server",
    "process": "started a process",
    "write": "wrote a file",
}
MOST_NAMED = 3


def why_marked(recording: Recording, step: int, node: NodeRef) -> str:
    """Why a save marks a step and does not run it, and what does."""
    script = reached_by_script(recording, node.address)
    executions = [one for one in recording.executions(step) if one.outcome.finished]
    did = reached(recording, executions) or "reached the outside"
    return (
        f"step {step} {node.label}{f': {script}' if script else f' {did}'}, not re-run on save.  "
        "r runs it once, space lets saves run it"
    )


def reached(recording: Recording, executions: list[Execution]) -> str:
    """ "spoke to smtp.acme.com:587 and wrote out/mail.txt", for the newest of `executions` (oldest
    first) that reached the outside; "" when none did."""
    for execution in reversed(executions):
        if execution.effects:
            named = dict.fromkeys(_named(recording, call) for call in recording.calls(execution))
            parts = [part for part in named if part]
            return _listed(parts or [_NAMELESS.get(effect, effect) for effect in execution.effects])
    return ""


def reached_by_script(recording: Recording, address: str) -> str:
    """ "main() wrote out/begun.txt on the way to it", for a node that only the script can make."""
    way = recording.on_the_way(address)
    if not way:
        return ""
    if any(where == NOT_NOTED for _, where in way):
        return f"what {recording.script_part} did on the way to it was not noted"
    named = dict.fromkeys(_told(recording, kind, where) for kind, where in way)
    return f"{recording.script_part} {_listed(list(named))} on the way to it"


def _listed(parts: list[str]) -> str:
    more = len(parts) - MOST_NAMED
    shown = [*parts[:MOST_NAMED], f"{more} more"] if more > 0 else parts
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def _named(recording: Recording, call: Call) -> str:
    return _told(recording, call.kind, call.prompt)


def _told(recording: Recording, kind: str, where: str) -> str:
    verb = _VERBS.get(kind)
    if verb is None:
        return ""
    return f"{verb} {recording.shown_path(where) if kind == 'file' else where}"
