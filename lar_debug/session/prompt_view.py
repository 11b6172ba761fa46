"""What the model was sent in an execution, and where it came from. Runs off the event loop."""

from __future__ import annotations

from collections.abc import Iterator

from lar_debug.diff.cause import InputText
from lar_debug.model.records import Call, Execution
from lar_debug.model.tabs import PromptSection, PromptView
from lar_debug.session.comparison import Comparison, Side, own_source
from lar_debug.session.cut_off import cut_off
from lar_debug.session.files_now import KeptFile
from lar_debug.session.placeholders import unfilled_notes
from lar_debug.session.prompts import in_user_prompt
from lar_debug.session.recording import Recording

MOST_FILES = 20
"""Files that the node read beside its prompts: more are not listed."""

MOST_DIFFERING = 3


def prompt_view(recording: Recording, execution: Execution) -> PromptView:
    """Prompts, system texts, templates and source. Raises Problem when they cannot be read."""
    side = Side(recording, execution)
    stood = [*_files(side), *_source(side)]
    sent = list(_sent(side, stood))
    return PromptView(execution.attempt, _title(execution, stood), (*sent, *stood))


def kept_files(recording: Recording, execution: Execution) -> list[KeptFile]:
    """The files that made an execution what it is, each once: those whose texts the Prompt tab
    shows, and any other that sets it apart from the newest one that finished."""
    side = Side(recording, execution)
    uses = {use.path: use for use in side.files.values()}
    paths = [one.file for one in (*_files(side), *_source(side)) if one.file]
    newest = recording.last_finished(execution.step)
    _, went_in = Comparison(recording, newest, execution).went_in()
    apart = (side.files.get(name) for name in (*went_in.sources, *went_in.files))
    paths += [use.path for use in apart if use is not None]
    return [KeptFile(recording, uses[path]) for path in dict.fromkeys(paths)]


def _title(execution: Execution, sections: list[PromptSection]) -> str:
    ran = f"ran in #{execution.attempt}"
    known = [one for one in sections if one.now]
    if not known:
        return ran
    gone = [one.place.rpartition(":")[0] for one in known if one.now == "gone"]
    differing = [one.place for one in known if one.now == "differs"]
    told = [
        f"{what}: {', '.join(places[:MOST_DIFFERING])}"
        + (f" and {len(places) - MOST_DIFFERING} more" if len(places) > MOST_DIFFERING else "")
        for what, places in (("differs", differing), ("gone", gone))
        if places
    ]
    files = {one.file for one in known}
    return f"{ran} | the file{'s' if len(files) > 1 else ''} now: {', '.join(told) or 'same'}"


def _sent(side: Side, stood: list[PromptSection]) -> Iterator[PromptSection]:
    """The texts of each call, filled in as they were sent; `stood` is where they came from."""
    nodes = side.recording.nodes()
    state = side.recording.glimpse(side.execution.before)
    own = side.recording.step(side.execution.step).node.address
    for call in side.model_calls:
        branch = nodes.get(call.address)
        label = f"{branch.label}, " if branch is not None and call.address != own else ""
        to = f"{label}as sent to {call.model or 'the model'}"
        notes = (*_cut_off(call), *unfilled_notes(call.prompt, _templates(side, stood), state))
        yield PromptSection(f"prompt, {to}", call.prompt, notes=notes)
        if call.system_instruction:
            yield PromptSection(f"system text, {to}", call.system_instruction)


def _templates(side: Side, stood: list[PromptSection]) -> Iterator[str]:
    """Every text that a placeholder may have been written in, the likely ones first."""
    yield from (section.text for section in stood)
    yield from (side.text(use) for use in side.files.values() if use.mode == "module")


def _cut_off(call: Call) -> tuple[str, ...]:
    words = cut_off(call)
    return (f"its answer was {words}",) if words else ()


def _files(side: Side) -> Iterator[PromptSection]:
    """Prompt files, the one that the prompt itself came from first; then what the node read."""
    prompts = [use for use in side.files.values() if side.is_prompt(use)]
    prompts.sort(key=lambda use: not in_user_prompt(side.text(use), side.model_calls))
    shown = {use.path for use in prompts}
    read = [
        use for use in side.files.values() if use.mode == "r" and use.text and use.path not in shown
    ]
    found = [("template", use) for use in prompts]
    for what, use in (*found, *(("file that it read", use) for use in read[:MOST_FILES])):
        file = KeptFile(side.recording, use)
        standing = file.standing
        line = file.differs_at if standing == "differs" else 1
        yield PromptSection(
            title=f"{what} {file.shown}",
            text=file.text,
            file=use.path,
            line=line,
            now=standing,
            can_put_back=file.can_put_back,
            place=f"{file.shown}:{line}",
        )


def _source(side: Side) -> Iterator[PromptSection]:
    """The node's own source, with the file it stood in."""
    for name, source in _own_source(side).items():
        use = side.files.get(name)
        if use is None:
            yield PromptSection("source of the node", source.text)
            return
        file = KeptFile(side.recording, use)
        place = f"{name}:{source.first_line}"
        standing = file.standing
        if standing == "differs" and _plain(source.text) in _plain(_text_now(file)):
            standing = "same"
        yield PromptSection(
            title=f"source of the node {place}",
            text=source.text,
            file=use.path,
            line=source.first_line,
            now=standing,
            can_put_back=standing == "differs" and file.can_put_back,
            place=place,
        )


def _own_source(side: Side) -> dict[str, InputText]:
    """As `own_source`, which reads one module after the other: the recorded place comes first."""
    node = side.recording.nodes().get(side.recording.step(side.execution.step).node.address)
    name = node.where.rpartition(":")[0] if node is not None else ""
    use = side.files.get(name)
    source = side.execution.source
    if use is not None and source:
        text = side.text(use)
        at = text.find(source)
        if at >= 0:
            return {name: InputText(source, text.count("\n", 0, at) + 1)}
    return own_source(side)


def _text_now(file: KeptFile) -> str:
    return (file.now or b"").decode("utf-8", "replace")


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n")
