"""Recordings that the tests in a terminal share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import sample
from tests.cli.desk import Desk

__all__ = ["sample"]

GRAPHS = Path(__file__).parent / "graphs"


@pytest.fixture(scope="module")
def misbehaving(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A graph whose nodes can turn hostile, recorded while they were not."""
    desk = Desk.new(tmp_path_factory.mktemp("misbehaving"), GRAPHS / "misbehaving")
    said = desk.lar_debug("run", "--no-ui", "misbehaving.py")
    assert said.code == 0, said.err
    return desk
