"""What an execution printed, as rows. Runs off the event loop; reads the recording only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter

from lar_debug.model.changes import Row, Span
from lar_debug.model.records import Execution
from lar_debug.session.recording import Recording

CONSOLE_LINES = 20_000

_GUTTERS = {"stdout": "out", "stderr": "err"}


def console_rows(recording: Recording, execution: Execution) -> tuple[Row, ...]:
    """A row for each line, in the order in which they came, and the traceback."""
    rows: list[Row] = []
    for stream, data in _stretches(recording.console(execution)):
        gutter = _GUTTERS.get(stream, "err")
        text = data.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
        lines = text.removesuffix("\n").split("\n")
        rows += [Row(spans=(Span(line),), gutter=gutter) for line in lines[:CONSOLE_LINES]]
        if len(lines) > CONSOLE_LINES:
            more = f"… {len(lines) - CONSOLE_LINES:,} more lines"
            rows.append(Row(spans=(Span(more, "dim"),), gutter=gutter))
    for line in execution.traceback.splitlines():
        rows.append(Row(spans=(Span(line, "error"),)))
    return tuple(rows)


def _stretches(pieces: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """Pieces of one stream that follow each other, as one: a line, or a character, may be cut
    where a program wrote it in parts."""
    for stream, together in groupby(pieces, itemgetter(0)):
        yield stream, b"".join(data for _, data in together)
