"""Every screen of the sample's story reads as its kept text says, from a real recording on."""

from __future__ import annotations

import asyncio
import re
from html import unescape

import pytest

from tests.shell.sample_story import DRAWN, FOLDER, PICTURES, Album, told

_TEXT = re.compile(r'<text class="[^"]*" x="([\d.]+)"[^>]*-line-(\d+)\)"[^>]*>([^<]*)</text>')
_CELL = 12.2
"""The width of a cell in a picture."""

KEPT = sorted(file.stem for file in FOLDER.glob("*.txt"))


@pytest.fixture(scope="module")
def taken(forked_interpreters: None) -> dict[str, str]:
    del forked_interpreters
    album = Album()
    asyncio.run(told(album))
    return album.taken


@pytest.mark.parametrize("name", KEPT)
def test_a_screen_of_the_story_reads_as_its_kept_text(taken: dict[str, str], name: str) -> None:
    assert taken.get(name) == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


def test_every_screen_of_the_story_is_kept(taken: dict[str, str]) -> None:
    assert sorted(taken) == KEPT


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_a_picture_of_the_documents_shows_the_screen_as_it_is(name: str) -> None:
    kept = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    shown = text_of((PICTURES / DRAWN[name]).read_text(encoding="utf-8"))
    assert shown == kept.rstrip("\n")


def text_of(svg: str) -> str:
    """The lines of a picture; what stands in one line is put where it is drawn."""
    lines: dict[int, str] = {}
    for column, line, text in _TEXT.findall(svg):
        before = lines.get(int(line), "")
        lines[int(line)] = before.ljust(round(float(column) / _CELL)) + unescape(text)
    rows = (lines.get(line, "").replace("\xa0", " ").rstrip() for line in range(max(lines) + 1))
    return "\n".join(rows).rstrip("\n")
