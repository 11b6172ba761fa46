"""Why two executions of a step differ: what differs in what went into them. Pure.

The caller gathers what went in; nothing is read here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, NamedTuple

from lar_debug.diff.brief import brief, is_text
from lar_debug.diff.equality import cannot_be_told, kind_of, same
from lar_debug.diff.paths import path_text
from lar_debug.diff.structural import compare
from lar_debug.diff.text_diff import compare_texts
from lar_debug.model.changes import Cause, Span
from lar_debug.model.document import CauseBlock, CauseDocument, Kept, Line, Piece, Swapped
from lar_debug.model.values import Value

_Kind = Literal["prompt", "source", "setting", "state", "file"]
_MOST_SETTINGS: Final = 3
_DIGEST_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class InputText:
    """A text that went in. `first_line` is where it begins in its file. Of a file whose text was
    not kept (binary, or too large) there is only its `digest`."""

    text: str
    first_line: int = 1
    digest: str = ""


@dataclass(frozen=True, slots=True)
class WentIn:
    """What one execution of a step started from.

    `prompts`, `sources` and `files` map a name for people ("prompts/reply.md", "answering.py")
    to its text; `settings` are those sent to the model; `state` is what the node was given,
    with the edits a person made.
    """

    prompts: Mapping[str, InputText] = field(default_factory=dict[str, InputText])
    sources: Mapping[str, InputText] = field(default_factory=dict[str, InputText])
    files: Mapping[str, InputText] = field(default_factory=dict[str, InputText])
    model: str = ""
    settings: Mapping[str, Value] = field(default_factory=dict[str, Value])
    state: Value = None


@dataclass(frozen=True, slots=True)
class _Found:
    """One thing that differs: its causes (one a changed place) and how it is shown."""

    title: str
    block: CauseBlock
    causes: tuple[Cause, ...]


class _Differing(NamedTuple):
    """What differs, and the places of the state of which that cannot be told."""

    found: list[_Found]
    unknown: tuple[str, ...]


def causes(old: WentIn, new: WentIn, *, hidden: Collection[str] = ()) -> list[Cause]:
    """What differs between what went in, prompts first; `hidden` are keys of the state."""
    return [cause for found in _all(old, new, hidden).found for cause in found.causes]


def cause_document(
    old: WentIn, new: WentIn, *, base: str, hidden: Collection[str] = ()
) -> CauseDocument:
    """The same for people; `base` names the execution compared with: "#2"."""
    found, unknown = _all(old, new, hidden)
    told = tuple(cause for one in found for cause in one.causes)
    if not found:
        same_parts = ", ".join(_unchanged(new, told, unknown, values=False))
        return CauseDocument(f"nothing changed: same {same_parts}", "", "", "")
    shown = _settings_in_source(found)
    names = ", ".join(_unchanged(new, told, unknown, values=False))
    foot = ", ".join(_unchanged(new, told, unknown, values=True))
    only = "only that" if len(shown) == 1 else ""
    in_full = f"{names} as in {base}"
    title = f"you changed {shown[0].title}"
    return CauseDocument(
        title=title if len(shown) == 1 else f"{title} and {len(shown) - 1} more",
        extent=only,
        extent_in_full=(f"{only}: {in_full}" if only else in_full) if names else only,
        foot=f"as in {base}: {foot}" if foot else "",
        blocks=tuple(one.block for one in shown),
        causes=told,
    )


def _all(old: WentIn, new: WentIn, hidden: Collection[str]) -> _Differing:
    settings = {**({"model": old.model} if old.model else {}), **old.settings}
    settings_now = {**({"model": new.model} if new.model else {}), **new.settings}
    in_state, unknown = _state(old.state, new.state, hidden)
    found = [
        *_texts("prompt", old.prompts, new.prompts),
        *_texts("source", old.sources, new.sources),
        *_settings(settings, settings_now),
        *in_state,
        *_texts("file", old.files, new.files),
    ]
    return _Differing(found, unknown)


def _texts(kind: _Kind, old: Mapping[str, InputText], new: Mapping[str, InputText]) -> list[_Found]:
    found: list[_Found] = []
    for name in [*new, *(name for name in old if name not in new)]:
        one, other = old.get(name), new.get(name)
        if one is None or other is None:
            found.append(_one_sided(kind, name, one, other))
        elif one.digest or other.digest:
            if (one.text, one.digest) != (other.text, other.digest):
                found.append(_not_shown(kind, name, one, other))
        elif one.text != other.text:
            found.append(_changed_text(kind, name, one, other))
    return found


def _one_sided(kind: _Kind, name: str, old: InputText | None, new: InputText | None) -> _Found:
    note = "is new" if old is None else "is gone"
    spans = (Span(name, "key"), Span(f"  {note}", "in" if old is None else "out"))
    cause = Cause(kind, name, old and _content(old), new and _content(new))
    return _Found(f"{name}, which {note}", CauseBlock(name, spans), (cause,))


def _content(one: InputText) -> str:
    return f"digest {one.digest}" if one.digest else one.text


def _not_shown(kind: _Kind, name: str, old: InputText, new: InputText) -> _Found:
    """A file that changed and that has no text on one side at least."""
    arrow = _arrow(_in_brief(old), _in_brief(new))
    why = Span("  binary or too large to show", "dim")
    spans = (Span(name, "key"), Span("  "), *arrow, why)
    return _Found(name, CauseBlock(name, spans), (Cause(kind, name, _content(old), _content(new)),))


def _in_brief(one: InputText) -> str:
    """What is told of a content in a row: the beginning of its digest, or its length."""
    if one.digest:
        return f"digest {one.digest[:_DIGEST_SHOWN]}"
    return f"{len(one.text):,} characters" if one.text else "nothing"


def _changed_text(kind: _Kind, name: str, old: InputText, new: InputText) -> _Found:
    texts = old.text, new.text
    if all(text.endswith("\n") and not text.endswith("\r\n") for text in texts):
        # The newline that ends a file begins no line of it.
        texts = old.text[:-1], new.text[:-1]
    pieces = _shifted(compare_texts("", *texts).pieces, old, new)
    found: list[Cause] = []
    for piece in pieces:
        if isinstance(piece, Swapped):
            number = (piece.added or piece.removed)[0].number
            where = f"{name}:{number}"
            found.append(Cause(kind, where, _joined(piece.removed), _joined(piece.added)))
    # Line ends can differ where no line does.
    told = found or [Cause(kind, name, old.text, new.text)]
    spans = () if found else (Span(name, "key"), Span("  only its line ends differ", "dim"))
    block = CauseBlock(told[0].where, spans, pieces if found else ())
    return _Found(told[0].where, block, tuple(told))


def _shifted(pieces: Sequence[Piece], old: InputText, new: InputText) -> tuple[Piece, ...]:
    """`pieces` with the line numbers of the files that the texts stand in."""
    back, forth = old.first_line - 1, new.first_line - 1
    if not back and not forth:
        return tuple(pieces)
    shifted: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, Kept):
            first_old, first_new = piece.first_old + back, piece.first_new + forth
            shifted.append(replace(piece, first_old=first_old, first_new=first_new))
        else:
            shifted.append(Swapped(_moved(piece.removed, back), _moved(piece.added, forth)))
    return tuple(shifted)


def _moved(lines: Sequence[Line], by: int) -> tuple[Line, ...]:
    return tuple(Line(line.number + by, line.spans) for line in lines)


def _joined(lines: Sequence[Line]) -> str:
    return "\n".join("".join(span.text for span in line.spans) for line in lines)


def _settings(old: Mapping[str, Value], new: Mapping[str, Value]) -> list[_Found]:
    found: list[_Found] = []
    for name in [*new, *(name for name in old if name not in new)]:
        one, other = old.get(name), new.get(name)
        if (name in old) != (name in new) or not same(one, other):
            cause = Cause("setting", name, one, other)
            arrow = _arrow(
                brief(one) if name in old else "unset", brief(other) if name in new else "unset"
            )
            block = CauseBlock(name, (Span(name, "key"), Span(" "), *arrow))
            found.append(_Found(_plain(block.spans), block, (cause,)))
    return found


def _arrow(old: str, new: str) -> tuple[Span, ...]:
    return (Span(old, "out"), Span(" → ", "dim"), Span(new, "in"))


def _plain(spans: Sequence[Span]) -> str:
    return "".join(span.text for span in spans)


def _state(old: Value, new: Value, hidden: Collection[str]) -> _Differing:
    found: list[_Found] = []
    unknown: list[str] = []
    for change in compare(_without(old, hidden), _without(new, hidden)):
        path = change.at_new if change.at_new is not None else change.at_old
        where = path_text(path or ())
        if cannot_be_told(change):
            unknown.append(where)
            continue
        cause = Cause("state", where, change.old, change.new)
        name = f"state {where}"
        if (
            change.kind == "changed"
            and kind_of(change.old) is str is kind_of(change.new)
            and (is_text(change.old) or is_text(change.new))
        ):
            block = CauseBlock(name, (), compare_texts("", change.old, change.new).pieces)
            found.append(_Found(name, block, (cause,)))
            continue
        one = "unset" if change.at_old is None else brief(change.old)
        other = "unset" if change.at_new is None else brief(change.new)
        told = (Span("moved", "dim"),) if change.kind == "moved" else _arrow(one, other)
        block = CauseBlock(name, (Span(name, "key"), Span(" "), *told))
        found.append(_Found(_plain(block.spans), block, (cause,)))
    return _Differing(found, tuple(unknown))


def _without(state: Value, hidden: Collection[str]) -> Value:
    if kind_of(state) is not dict:
        return state
    inner: dict[str, Value] = state
    return {key: value for key, value in inner.items() if key not in hidden}


def _settings_in_source(found: Sequence[_Found]) -> list[_Found]:
    """Settings that an edit of the source changed are told with its line, and once."""
    places = [cause for one in found for cause in one.causes if cause.kind == "source"]
    explained: set[str] = set()
    shown: list[_Found] = []
    for one in found:
        cause = one.causes[0]
        name = re.compile(rf"\b{re.escape(cause.where)}\b")
        place = next(
            (p for p in places if cause.kind == "setting" and name.search(str(p.new))), None
        )
        if place is None:
            shown.append(one)
            continue
        explained.add(place.where)
        spans = (Span(f"{place.where} ", "key"), *one.block.spans)
        shown.append(_Found(_plain(spans), CauseBlock(place.where, spans), one.causes))
    return [
        one
        for one in shown
        if one.causes[0].kind != "source" or not explained.issuperset(c.where for c in one.causes)
    ]


def _unchanged(
    new: WentIn, told: Sequence[Cause], unknown: Sequence[str], *, values: bool
) -> list[str]:
    """What is the same, with the values of model and settings if wanted."""
    kinds = {cause.kind for cause in told}
    settings = {cause.where for cause in told if cause.kind == "setting"}
    names: list[str] = []
    if new.prompts and "prompt" not in kinds:
        names.append("prompt")
    if new.sources and "source" not in kinds:
        names.append("code")
    if "state" not in kinds:
        names.append("input")
    if new.model and "model" not in settings:
        names.append(f"model {new.model}" if values else "model")
    if values:
        kept = [(key, value) for key, value in new.settings.items() if key not in settings]
        names += [f"{key} {brief(value, 24)}" for key, value in kept[:_MOST_SETTINGS]]
    elif new.settings and not settings - {"model"}:
        names.append("settings")
    names = names if kinds else _in_full(names)
    but = unknown[0] if len(unknown) == 1 else f"{len(unknown):,} values"
    return [f"input but {but}" if unknown and name == "input" else name for name in names]


def _in_full(names: list[str]) -> list[str]:
    order: dict[str, Any] = dict.fromkeys(("prompt", "code", "model", "settings", "input"))
    return [name for name in order if name in names]
