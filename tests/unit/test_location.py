"""Recordings are kept in the person's own project, and nowhere that others can reach."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from lar_debug.store.location import (
    LocationError,
    prepare_folder,
    project_root,
    shown,
    store_path,
)

STRANGER = 54321
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


def project(folder: Path, mark: str = "pyproject.toml") -> Path:
    """A project with a script some folders down; the script is returned."""
    script = folder / "src" / "shop" / "agent.py"
    script.parent.mkdir(parents=True)
    script.touch()
    if mark == ".git":
        (folder / ".git").mkdir()
    else:
        (folder / mark).touch()
    folder.chmod(0o755)
    return script


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("mark", ["pyproject.toml", ".git"])
def test_a_project_is_found_from_a_script_deep_inside_it(tmp_path: Path, mark: str) -> None:
    script = project(tmp_path / "shop", mark)
    assert project_root(script) == tmp_path / "shop"
    assert project_root(script.parent) == tmp_path / "shop"
    expected = tmp_path / "shop" / ".lar-debug" / "recordings.db"
    assert store_path(script, chosen=None, environ={}) == expected
    assert not expected.parent.exists(), "asking for the place made something"


def test_a_git_worktree_whose_mark_is_a_file_counts(tmp_path: Path) -> None:
    script = project(tmp_path / "shop", "pyproject.toml")
    (tmp_path / "shop" / "pyproject.toml").unlink()
    (tmp_path / "shop" / ".git").write_text("gitdir: elsewhere")
    assert project_root(script) == tmp_path / "shop"


def test_the_nearest_of_nested_projects_counts(tmp_path: Path) -> None:
    project(tmp_path / "all", ".git")
    inner = project(tmp_path / "all" / "packages" / "one")
    assert project_root(inner) == tmp_path / "all" / "packages" / "one"


def test_a_linked_script_belongs_to_the_project_it_really_is_in(tmp_path: Path) -> None:
    script = project(tmp_path / "shop")
    link = tmp_path / "bin" / "agent"
    link.parent.mkdir()
    link.symlink_to(script)
    assert project_root(link) == tmp_path / "shop"


def test_without_a_project_the_scripts_folder_is_used_and_not_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    current = tmp_path / "current"
    current.mkdir()
    (current / "pyproject.toml").touch()
    script = tmp_path / "scripts" / "agent.py"
    script.parent.mkdir()
    script.touch()
    monkeypatch.chdir(current)
    if project_root(script) is not None:
        pytest.skip("the folder for temporary files is inside a project")
    expected = tmp_path / "scripts" / ".lar-debug" / "recordings.db"
    assert store_path(script, chosen=None, environ={}) == expected


def test_a_person_may_choose_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = project(tmp_path / "shop")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    environ = {"LAR_DEBUG_STORE": "~/team.db"}
    assert store_path(script, chosen=None, environ=environ) == tmp_path / "home" / "team.db"
    assert store_path(script, chosen="mine.db", environ=environ) == tmp_path / "mine.db"
    at_home = tmp_path / "shop" / ".lar-debug" / "recordings.db"
    assert store_path(script, chosen=None, environ={"LAR_DEBUG_STORE": ""}) == at_home


def test_a_folder_named_as_the_store_is_refused_with_the_right_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LocationError) as caught:
        store_path(tmp_path, chosen="data", environ={})
    assert str(caught.value) == (
        "--store names a folder, ./data; name the file: ./data/recordings.db"
    )


def test_a_project_that_everybody_can_write_to_is_not_trusted(tmp_path: Path) -> None:
    script = project(tmp_path / "shop")
    (tmp_path / "shop").chmod(0o777)
    assert project_root(script) is None
    with pytest.raises(LocationError) as caught:
        store_path(script, chosen=None, environ={})
    assert str(caught.value) == (
        f"the project {tmp_path / 'shop'} can be written by every user; "
        "keep recordings elsewhere: --store PATH or LAR_DEBUG_STORE"
    )
    assert store_path(script, chosen="/tmp/x.db", environ={}) == Path("/tmp/x.db")


@needs_root
def test_a_project_of_another_user_is_not_trusted(tmp_path: Path) -> None:
    script = project(tmp_path / "shop")
    os.chown(tmp_path / "shop", STRANGER, STRANGER)
    assert project_root(script) is None
    with pytest.raises(LocationError, match="belongs to another user"):
        store_path(script, chosen=None, environ={})


@needs_root
def test_a_project_that_a_group_of_others_can_write_to_is_not_trusted(tmp_path: Path) -> None:
    script = project(tmp_path / "shop")
    os.chown(tmp_path / "shop", -1, STRANGER)
    assert project_root(script) == tmp_path / "shop", "the group may not write yet"
    (tmp_path / "shop").chmod(0o775)
    assert project_root(script) is None
    with pytest.raises(LocationError, match="can be written by its group"):
        store_path(script, chosen=None, environ={})


def test_a_project_of_the_users_own_private_group_is_trusted(tmp_path: Path) -> None:
    grp, pwd = pytest.importorskip("grp"), pytest.importorskip("pwd")
    user = pwd.getpwuid(os.geteuid())
    if grp.getgrgid(user.pw_gid).gr_name != user.pw_name:
        pytest.skip("this user has no group of the same name")
    script = project(tmp_path / "shop")
    os.chown(tmp_path / "shop", -1, user.pw_gid)
    (tmp_path / "shop").chmod(0o775)
    assert project_root(script) == tmp_path / "shop"


def test_an_untrusted_project_is_not_passed_over_for_one_further_up(tmp_path: Path) -> None:
    project(tmp_path / "all", ".git")
    inner = project(tmp_path / "all" / "packages" / "one")
    (tmp_path / "all" / "packages" / "one").chmod(0o777)
    assert project_root(inner) is None


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_the_folder_is_for_this_user_alone_and_hidden_from_git(tmp_path: Path, umask: int) -> None:
    folder = tmp_path / ".lar-debug"
    before = os.umask(umask)
    try:
        prepare_folder(folder)
    finally:
        os.umask(before)
    assert mode(folder) == 0o700
    assert (folder / ".gitignore").read_text() == "*\n"
    assert mode(folder / ".gitignore") == 0o600


def test_git_sees_nothing_of_a_prepared_folder(tmp_path: Path) -> None:
    prepare_folder(tmp_path / ".lar-debug")
    (tmp_path / ".lar-debug" / "recordings.db").touch()
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=tmp_path, check=True, capture_output=True
    )
    assert status.stdout == b""


def test_preparing_again_closes_the_folder_and_keeps_what_is_in_it(tmp_path: Path) -> None:
    folder = tmp_path / ".lar-debug"
    folder.mkdir()
    folder.chmod(0o755)
    (folder / ".gitignore").write_text("*\n!notes.md\n")
    (folder / "recordings.db").write_bytes(b"recorded")
    prepare_folder(folder)
    prepare_folder(folder)
    assert mode(folder) == 0o700
    assert (folder / ".gitignore").read_text() == "*\n!notes.md\n"
    assert (folder / "recordings.db").read_bytes() == b"recorded"


def test_a_folder_of_the_persons_own_choice_is_made_but_never_changed(tmp_path: Path) -> None:
    folder = tmp_path / "team" / "recordings"
    prepare_folder(folder)
    assert mode(folder) == 0o700
    folder.chmod(0o755)
    prepare_folder(folder)
    assert mode(folder) == 0o755
    assert list(folder.iterdir()) == []


def test_a_link_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    script = project(tmp_path / "shop")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "shop" / ".lar-debug").symlink_to(elsewhere)
    with pytest.raises(LocationError, match="is a link; remove it"):
        store_path(script, chosen=None, environ={})
    with pytest.raises(LocationError, match="is a link; remove it"):
        prepare_folder(tmp_path / "shop" / ".lar-debug")
    assert list(elsewhere.iterdir()) == []


def test_a_link_that_leads_nowhere_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / ".lar-debug").symlink_to(tmp_path / "gone")
    with pytest.raises(LocationError):
        prepare_folder(tmp_path / ".lar-debug")
    assert not (tmp_path / "gone").exists()


@needs_root
def test_a_folder_that_somebody_else_put_there_is_refused(tmp_path: Path) -> None:
    script = project(tmp_path / "shop")
    folder = tmp_path / "shop" / ".lar-debug"
    folder.mkdir()
    os.chown(folder, STRANGER, STRANGER)
    with pytest.raises(LocationError, match="belongs to another user; remove it"):
        store_path(script, chosen=None, environ={})
    with pytest.raises(LocationError, match="belongs to another user; remove it"):
        prepare_folder(folder)
    assert list(folder.iterdir()) == []


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    script = project(tmp_path / "shop")
    (tmp_path / "shop" / ".lar-debug").touch()
    with pytest.raises(LocationError, match="is no folder; remove it"):
        store_path(script, chosen=None, environ={})
    with pytest.raises(LocationError, match="File exists"):
        prepare_folder(tmp_path / "shop" / ".lar-debug")


def test_paths_are_shown_short_inside_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown(tmp_path / "a" / "b") == "./a/b"
    assert shown(tmp_path) == str(tmp_path)
    assert shown(tmp_path.parent / "c") == str(tmp_path.parent / "c")


def test_the_module_needs_only_the_standard_library() -> None:
    code = (
        "import sys, lar_debug.store.location\n"
        "names = {name.partition('.')[0] for name in sys.modules}\n"
        "print(sorted(names - set(sys.stdlib_module_names) - {'lar_debug', '__main__'}))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
