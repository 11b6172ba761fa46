"""The person's own Python is found, and what is wrong with it is said in one line."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from lar_debug.client.interpreter import (
    Found,
    InterpreterError,
    Probe,
    find_interpreter,
    probe,
    require_lar,
)

BARE_ENVIRON = {"PATH": os.environ["PATH"]}


def environment(folder: Path) -> Path:
    """A virtual environment without packages, as `python -m venv` makes it; its Python."""
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(os.path.realpath(sys.executable))
    version = "python{}.{}".format(*sys.version_info[:2])
    (folder / "lib" / version / "site-packages").mkdir(parents=True)
    home = os.path.dirname(os.path.realpath(sys.executable))
    (folder / "pyvenv.cfg").write_text(f"home = {home}\ninclude-system-site-packages = false\n")
    return python


def install(python: Path, name: str, version: str, package: str | None = None) -> None:
    """What pip leaves behind; importing the package is an error, nobody should need to."""
    (site,) = (python.parents[1] / "lib").glob("*/site-packages")
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    if package:
        (site / package).mkdir()
        (site / package / "__init__.py").write_text("raise SystemExit('was imported')")


def program(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


def project(folder: Path) -> Path:
    script = folder / "src" / "agent.py"
    script.parent.mkdir(parents=True)
    script.touch()
    (folder / "pyproject.toml").touch()
    folder.chmod(0o755)
    return script


def found(script: Path, chosen: str | None = None, **environ: str) -> Found:
    return find_interpreter(script, chosen=chosen, environ={**BARE_ENVIRON, **environ})


def test_the_order_is_chosen_then_active_then_the_projects_then_our_own(tmp_path: Path) -> None:
    script = project(tmp_path / "shop")
    chosen = environment(tmp_path / "chosen")
    active = environment(tmp_path / "active")
    plain_beside = environment(tmp_path / "shop" / "src" / "venv")
    beside = environment(tmp_path / "shop" / "src" / ".venv")
    above = environment(tmp_path / "shop" / ".venv")
    assert found(script, str(chosen), VIRTUAL_ENV=str(active.parents[1])).path == chosen
    assert found(script, VIRTUAL_ENV=str(active.parents[1])).path == active
    for python in (beside, plain_beside, above):
        assert found(script).path == python
        assert found(script.parent).path == python
        python.unlink()
    own = found(script)
    assert own.path == Path(sys.executable)
    assert own.version == "{}.{}.{}".format(*sys.version_info[:3])
    assert own.why == "the debugger's own, there is no .venv in the project"


def test_an_environment_above_the_project_is_not_used(tmp_path: Path) -> None:
    script = project(tmp_path / "shop")
    environment(tmp_path / ".venv")
    assert found(script).path == Path(sys.executable)


def test_without_a_project_only_the_folder_beside_the_script_counts(tmp_path: Path) -> None:
    script = project(tmp_path / "shop")
    (tmp_path / "shop" / "pyproject.toml").unlink()
    above = environment(tmp_path / "shop" / ".venv")
    assert found(script).path == Path(sys.executable)
    beside = environment(tmp_path / "shop" / "src" / ".venv")
    assert found(script).path == beside
    assert above.exists()


def test_a_python_may_be_chosen_by_command_or_by_its_environment(tmp_path: Path) -> None:
    script = project(tmp_path / "shop")
    python = environment(tmp_path / "other")
    assert found(script, str(tmp_path / "other")).path == python
    assert found(script, "python", PATH=str(python.parent)).path == python
    with pytest.raises(InterpreterError) as caught:
        found(script, "python9.9")
    assert str(caught.value) == "--python python9.9: there is no such file and no such command"


def test_the_link_in_an_environment_is_kept_so_that_its_packages_are_found(tmp_path: Path) -> None:
    python = environment(tmp_path / "shop" / ".venv")
    install(python, "lar-engine", "2.1.0", "lar")
    install(python, "langgraph", "1.2.22")
    script = project(tmp_path / "shop")
    one = found(script)
    assert one.path == python
    assert one.probe == Probe(
        version="{}.{}.{}".format(*sys.version_info[:3]),
        has_lar=True,
        lar_version="2.1.0",
        has_langgraph=True,
        prefix=str(tmp_path / "shop" / ".venv"),
    )
    require_lar(one)


def test_a_missing_engine_is_told_with_the_place_and_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = project(tmp_path)
    python = environment(tmp_path / ".venv")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InterpreterError) as caught:
        require_lar(found(script))
    assert str(caught.value) == (
        "no lar-engine in ./.venv/bin/python (looked there first); other: --python PATH"
    )
    with pytest.raises(InterpreterError) as caught:
        require_lar(found(script, str(python)))
    assert str(caught.value) == (
        "no lar-engine in ./.venv/bin/python (given with --python); install it there"
    )


def test_a_folder_of_that_name_is_no_engine_and_its_source_beside_the_script_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = project(tmp_path / "shop")
    environment(tmp_path / "shop" / ".venv")
    (script.parent / "lar").mkdir()
    assert not found(script).probe.has_lar
    (script.parent / "lar" / "__init__.py").write_text("raise SystemExit('was imported')")
    assert found(script).probe.has_lar
    monkeypatch.chdir(script.parent)
    (script.parent / "json.py").write_text("raise SystemExit('was imported')")
    assert found(script).probe.has_lar
    assert not probe(found(script).path, environ=BARE_ENVIRON).has_lar


@pytest.mark.parametrize("environ", [{}, {"PYTHONPATH": "extra"}])
def test_what_pythonpath_adds_is_seen_as_the_script_sees_it(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    script = project(tmp_path / "shop")
    environment(tmp_path / "shop" / ".venv")
    extra = tmp_path / "extra" / "lar"
    extra.mkdir(parents=True)
    (extra / "__init__.py").touch()
    given = {name: str(tmp_path / value) for name, value in environ.items()}
    assert found(script, **given).probe.has_lar is bool(environ)


def test_start_up_files_that_print_do_not_confuse_the_look(tmp_path: Path) -> None:
    python = environment(tmp_path / ".venv")
    (site,) = (tmp_path / ".venv" / "lib").glob("*/site-packages")
    (site / "chatty.pth").write_text("import sys; sys.stdout.write('loading {} ')\n")
    assert probe(python).prefix == str(tmp_path / ".venv")


def complaint(python: Path) -> str:
    with pytest.raises(InterpreterError) as caught:
        probe(python, timeout=20)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_is_no_python_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert complaint(tmp_path / "none") == "there is no Python at ./none; other: --python PATH"
    gone = tmp_path / "link"
    gone.symlink_to("/no/such/python3")
    assert complaint(gone) == (
        "./link is a link to /no/such/python3, which is gone: make the environment again; "
        "other: --python PATH"
    )
    plain = tmp_path / "plain"
    plain.write_text("text")
    assert complaint(plain) == ("./plain cannot be run (no executable file); other: --python PATH")
    broken = program(tmp_path / "broken", "#!/no/such/interpreter\n")
    assert complaint(broken) == (
        "./broken cannot be run: No such file or directory; other: --python PATH"
    )
    wrong = program(tmp_path / "wrong", "#!/bin/sh\necho one >&2; echo 'bad option' >&2; exit 2\n")
    assert complaint(wrong) == (
        "./wrong does not work as a Python: bad option; other: --python PATH"
    )
    silent = program(tmp_path / "silent", "#!/bin/sh\nexit 3\n")
    assert complaint(silent) == (
        "./silent does not work as a Python: it ended with 3; other: --python PATH"
    )


def test_a_broken_environment_is_told_and_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = project(tmp_path)
    python = environment(tmp_path / ".venv")
    python.unlink()
    python.symlink_to("/no/such/python3")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InterpreterError, match=r"^\./\.venv/bin/python is a link to /no/such"):
        found(script)
    with pytest.raises(InterpreterError, match=r"^there is no Python at \./old/bin/python; other"):
        found(script, VIRTUAL_ENV="old")


def test_a_python_that_is_too_old_is_told_with_its_version(tmp_path: Path) -> None:
    older = """#!/bin/sh
shift
code="import sys, collections
sys.version_info = (3, 9, 18)
$1"
exec '{}' -c "$code"
"""
    old = program(tmp_path / "python", older.format(sys.executable))
    assert complaint(old) == (
        f"{old} is Python 3.9.18, 3.10 or newer is needed; other: --python PATH"
    )


def test_a_python_that_hangs_is_given_up_with_all_it_started(tmp_path: Path) -> None:
    line = tmp_path / "line"
    os.mkfifo(line)
    started = f"(echo started; sleep 60; echo 'lived on') > '{line}' & wait"
    hanging = program(tmp_path / "python", f"#!/bin/sh\n{started}\n")
    reading = os.open(line, os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(InterpreterError) as caught:
        probe(hanging, timeout=1)
    assert str(caught.value) == f"{hanging} did not answer within 1 s; other: --python PATH"
    # The other end closes when the last of its processes is gone.
    os.set_blocking(reading, True)
    with open(reading, "rb") as told:
        assert told.read() == b"started\n"


def test_looking_at_a_python_leaves_nothing_behind(tmp_path: Path) -> None:
    python = environment(tmp_path / ".venv")
    install(python, "lar-engine", "2.1.0", "lar")
    (site,) = (tmp_path / ".venv" / "lib").glob("*/site-packages")
    (site / "sitecustomize.py").write_text("")
    before = sorted(tmp_path.rglob("*"))
    assert probe(python, beside=tmp_path, environ=BARE_ENVIRON).has_lar
    assert sorted(tmp_path.rglob("*")) == before
