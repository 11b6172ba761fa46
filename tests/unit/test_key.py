"""The key that signs pickles is this user's alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lar_debug.store.key import key_file, signing_key


@pytest.fixture(autouse=True)
def _own_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAR_DEBUG_KEY_FILE", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def test_without_a_key_there_is_none_until_one_is_made() -> None:
    assert signing_key(create=False) is None
    key = signing_key(create=True)
    assert key is not None
    assert len(key) >= 32
    assert signing_key(create=True) == signing_key(create=False) == key


def test_only_its_owner_can_read_it() -> None:
    signing_key(create=True)
    assert key_file().stat().st_mode & 0o777 == 0o600
    assert [path.name for path in key_file().parent.iterdir()] == ["key"]


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o604])
def test_a_key_that_others_can_read_or_write_is_not_trusted(mode: int) -> None:
    signing_key(create=True)
    key_file().chmod(mode)
    assert signing_key(create=True) is None


def test_a_short_key_is_not_trusted_and_not_replaced() -> None:
    signing_key(create=True)
    key_file().write_bytes(b"short")
    assert signing_key(create=True) is None
    assert key_file().read_bytes() == b"short"


def test_a_fleet_names_its_own_key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "fleet"
    path.write_bytes(b"f" * 40)
    path.chmod(0o440)
    monkeypatch.setenv("LAR_DEBUG_KEY_FILE", str(path))
    assert signing_key(create=False) == b"f" * 40
    path.chmod(0o644)
    assert signing_key(create=False) is None


def test_a_folder_that_cannot_be_written_means_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocker = tmp_path / "file"
    blocker.write_bytes(b"")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(blocker))
    assert signing_key(create=True) is None


def test_programs_that_make_the_key_at_once_agree(tmp_path: Path) -> None:
    code = "from lar_debug.store.key import signing_key; print(signing_key(create=True).hex())"
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path / "race")}
    command = [sys.executable, "-c", code]
    running = [
        subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    found = {process.communicate()[0] for process in running}
    assert len(found) == 1
    assert len(found.pop().strip()) == 64
