"""The screen looks as the kept text files say, sign by sign."""

from __future__ import annotations

import pytest

from tests.shell.golden import FOLDER, GOLDENS, Golden, painted


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: golden.name)
async def test_a_screen_reads_as_its_kept_text(golden: Golden) -> None:
    assert await painted(golden) == golden.file.read_text(encoding="utf-8")


def test_every_kept_text_belongs_to_a_screen() -> None:
    assert {file.stem for file in FOLDER.glob("*.txt")} == {golden.name for golden in GOLDENS}
