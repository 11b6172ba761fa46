"""Recordings that are made once, and lar-debug called inside this process where that is enough."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from lar_debug.cli import main
from tests.cli.desk import GRAPHS, SAMPLES, Desk, Said
from tests.forked import interpreters_are_forked
from tests.forks import server


@cache
def recorded_sample(base: Path) -> Desk:
    """Made once for the tests of several folders."""
    place = base / "sample"
    place.mkdir()
    desk = Desk.new(place, SAMPLES / "support_reply")
    assert desk.lar_debug("run", "--no-ui", "agent.py").code == 0
    made = desk.lar_debug("rerun", "last", "--step", "5")
    assert made.code == 0, made.err
    made = desk.lar_debug("rerun", "last", "--step", "5", "--set", 'mood="calm"')
    assert made.code == 0, made.err
    return desk


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The sample, recorded; step 5 has two attempts, the second with an edited state."""
    return recorded_sample(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def graphs(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The test graphs; nothing recorded yet."""
    return Desk.new(tmp_path_factory.mktemp("graphs"), GRAPHS)


Here = Callable[..., Said]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """`at(desk, *arguments)`: a command that starts no program, without the cost of a process."""

    def called(desk: Desk, *arguments: str, folder: Path | None = None) -> Said:
        monkeypatch.chdir(folder or desk.folder)
        for name in ("VIRTUAL_ENV", "LAR_DEBUG_STORE", "LAR_DEBUG_KEY_FILE"):
            monkeypatch.delenv(name, raising=False)
        for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
            monkeypatch.setenv(name, desk.environ[name])
        interpreters_are_forked(server, monkeypatch.setattr)
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        out, err = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Said(ended.value.code, out, err)

    return called
