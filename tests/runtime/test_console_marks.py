"""Marks in a stream are found wherever it is cut, and nothing else is taken for one."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lar_debug.runtime.console_marks import MarkParser, mark, stop_mark

NONCE = "abc123"


def parsed(chunks: list[bytes]) -> list[tuple[object, bytes]]:
    parser = MarkParser(NONCE)
    joined: list[tuple[object, bytes]] = []
    for pieces in [*map(parser.feed, chunks), parser.end()]:
        for key, data in pieces:
            if joined and joined[-1][0] == key:
                joined[-1] = (key, joined[-1][1] + data)
            else:
                joined.append((key, data))
    return joined


@given(st.text(), st.integers(0, 400))
def test_why_recording_stopped_travels_unseen_however_it_is_cut(why: str, cut: int):
    parser = MarkParser(NONCE)
    stream = b"before" + stop_mark(NONCE, why) + b"after"
    pieces = [*parser.feed(stream[:cut]), *parser.feed(stream[cut:]), *parser.end()]
    assert b"".join(data for _, data in pieces) == b"beforeafter"
    assert parser.stopped[:20] == why.encode("utf-8", "replace").decode()[:20]


@given(st.lists(st.integers(0, 400)))
def test_output_is_told_apart_by_step_however_it_is_cut(cuts: list[int]):
    stream = (
        b"before"
        + mark(NONCE, "7f3a", 0, "b")
        + b"of 0\x1b[1m"
        + mark(NONCE, "7f3a", 0, "e")
        + b"between\x1b"
        + mark(NONCE, "7f3a", 1, "b")
        + b"of 1"
        + mark(NONCE, "9999", 0, "b")
        + b"inner"
        + mark(NONCE, "9999", 0, "e")
        + b"of 1 again"
        + mark(NONCE, "7f3a", 1, "e")
        + b"after\x1b_lar"
    )
    edges = sorted({0, len(stream), *(min(cut, len(stream)) for cut in cuts)})
    chunks = [stream[a:b] for a, b in pairwise(edges)]
    assert parsed(chunks) == [
        (None, b"before"), (("7f3a", 0), b"of 0\x1b[1m"), (None, b"between\x1b"),
        (("7f3a", 1), b"of 1"), (("9999", 0), b"inner"), (("7f3a", 1), b"of 1 again"),
        (None, b"after\x1b_lar"),
    ]  # fmt: skip


@given(st.lists(st.sampled_from([b"\x1b", b"_lar-debug ", b"abc123", b" ", b"x", b"\x1b\\"])))
def test_what_only_looks_like_a_mark_passes_through(parts: list[bytes]):
    stream = b"".join(parts)
    assert b"".join(data for _, data in parsed([stream])) == stream
    other = mark("another", "7f3a", 0, "b") + stream
    assert parsed([other]) == [(None, other)]


def test_a_mark_that_never_ends_does_not_hold_back_the_output():
    parser = MarkParser(NONCE)
    endless = b"\x1b_lar-debug abc123 " + b"x" * 1000
    assert b"".join(data for _, data in parser.feed(endless)) == endless
