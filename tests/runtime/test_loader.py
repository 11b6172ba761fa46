"""What runs is the user's source as it is now, and nothing is written into their project."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lar_debug.client.attempt import AttemptResult
from tests.runtime.process_tools import OTHER_PYTHONS, a_worker, other_python, run


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def attempts(
    project: Path, count: int = 1, *, between: Any = None, job: str = "load", **request: Any
) -> list[AttemptResult]:
    """Load the program in `count` attempts, one after the other, calling `between` after each."""
    request.setdefault("script", str(project / "agent.py"))
    if "module" in request:
        del request["script"]

    async def use() -> list[AttemptResult]:
        results: list[AttemptResult] = []
        environ = {"XDG_CACHE_HOME": str(project.parent / "cache")}
        async with a_worker(request.pop("python", sys.executable), environ=environ) as worker:
            for number in range(count):
                request_ = {"root": str(project), **request}
                results.append(await worker.run(f"jobs.loads:{job}", request_, cwd=project))
                if between is not None:
                    between(number)
        return results

    return run(use())


def loaded(project: Path, **request: Any) -> dict[str, Any]:
    (result,) = attempts(project, **request)
    assert result.result is not None, result
    return result.result


HELPER = "STOP = {}\n"
AGENT = "from helper import STOP\ndef value(): return STOP\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write(tmp_path / "project", {"agent.py": AGENT, "helper.py": HELPER.format(0)})


def test_every_save_is_seen_also_two_of_one_size_within_a_second(project: Path) -> None:
    # As Python's own bytecode files would have it, nothing changes.
    subprocess.run([sys.executable, "-m", "compileall", "-q", "."], cwd=project, check=True)
    helper = project / "helper.py"
    times = (os.stat(helper).st_atime_ns, os.stat(helper).st_mtime_ns)

    def save(number: int) -> None:
        helper.write_text(HELPER.format(number + 1))
        os.utime(helper, ns=times)

    results = attempts(project, 6, between=save)
    assert [result.result and result.result["value"] for result in results] == list(range(6))


def test_nothing_is_written_into_the_project(project: Path) -> None:
    loaded(project)
    assert sorted(os.listdir(project)) == ["agent.py", "helper.py"]


def test_an_unchanged_file_is_compiled_once_a_changed_one_again(project: Path) -> None:
    def save(number: int) -> None:
        if number == 1:
            (project / "helper.py").write_text(HELPER.format(7))

    results = attempts(project, 4, between=save)
    compiled = [result.result and result.result["compiled"] for result in results]
    assert compiled == [["agent.py", "helper.py"], [], ["helper.py"], []]
    assert [result.result and result.result["value"] for result in results] == [0, 0, 7, 7]


def cache_files(project: Path) -> list[Path]:
    return [path for path in (project.parent / "cache").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "damage", [lambda data: data[:0], lambda data: data[:-3], lambda data: data[:-3] + b"abc"]
)
def test_a_damaged_cache_is_as_an_empty_one(project: Path, damage: Any) -> None:
    loaded(project)
    assert cache_files(project)
    for path in cache_files(project):
        path.write_bytes(damage(path.read_bytes()))
    assert loaded(project)["compiled"] == ["agent.py", "helper.py"]
    assert loaded(project)["compiled"] == []


def test_a_cache_that_others_can_write_to_is_not_used(project: Path) -> None:
    loaded(project)
    folder = cache_files(project)[0].parent
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o777)
    assert loaded(project)["compiled"] == ["agent.py", "helper.py"]


def test_a_cache_folder_that_cannot_be_made_costs_nothing_but_time(project: Path) -> None:
    (project.parent / "cache").write_text("in the way")
    assert loaded(project)["value"] == 0


@pytest.mark.parametrize("version", OTHER_PYTHONS)
def test_another_python_has_a_cache_of_its_own(project: Path, version: str) -> None:
    python = other_python(version)
    loaded(project)
    assert loaded(project, python=python)["compiled"] == ["agent.py", "helper.py"]
    assert loaded(project, python=python)["compiled"] == []


def test_installed_packages_inside_the_project_are_left_to_python(project: Path) -> None:
    place = project / ".venv" / "lib" / "python3.11" / "site-packages"
    write(place, {"third.py": "X = 1\n"})
    write(
        project, {"agent.py": f"import sys; sys.path.append({str(place)!r})\n{AGENT}import third"}
    )
    assert sorted(loaded(project)["loaded"]) == ["agent.py", "helper.py"]


SCRIPT = """
import sys
ran = []
def value():
    return [__name__, ran, sys.modules["__main__"].__dict__ is globals(), __file__]
if __name__ == "__main__":
    ran.append("main block")
"""


def test_a_script_is_loaded_with_or_without_its_main_block(project: Path) -> None:
    write(project, {"agent.py": SCRIPT})
    file = str(project / "agent.py")
    without = loaded(project, argv=["--fast", "x"])
    assert without["value"] == ["__mp_main__", [], True, file]
    assert without["argv"] == [file, "--fast", "x"]
    assert without["first"] == str(project)
    assert loaded(project, name="__main__")["value"] == ["__main__", ["main block"], True, file]


def test_what_was_pickled_in_the_script_is_found_again(project: Path) -> None:
    script = (
        "import dataclasses, pickle\n"
        "@dataclasses.dataclass\n"
        "class Ticket:\n"
        "    number: int\n"
        "if __name__ == '__main__':\n"
        "    print(pickle.dumps(Ticket(7)).hex())\n"
    )
    write(project, {"agent.py": script})
    pickled = subprocess.check_output([sys.executable, str(project / "agent.py")], text=True)
    (result,) = attempts(project, job="unpickle", pickle=pickled.strip())
    assert result.result == {"same": True, "number": 7}


def test_a_module_of_a_package_may_import_its_neighbours(project: Path) -> None:
    package = {
        "shop/__init__.py": "",
        "shop/const.py": "STOP = 5\n",
        "shop/agent.py": "from .const import STOP\ndef value(): return [STOP, __package__]\n",
        "shop/__main__.py": "from .agent import value\n",
    }
    write(project, package)
    assert loaded(project, module="shop.agent")["value"] == [5, "shop"]
    assert loaded(project, module="shop")["value"] == [5, "shop"]


@pytest.mark.parametrize(
    ("files", "file", "line", "message", "text"),
    [
        ({"agent.py": "a = 1\nb = f(\n"}, "agent.py", 2, "'(' was never closed", "b = f("),
        ({"helper.py": "STOP = 1\n\nif\n"}, "helper.py", 3, "invalid syntax", "if"),
        ({"agent.py": ""}, "agent.py", 0, "is empty", ""),
        ({"agent.py": b"a = 1\n\0\0\0"}, "agent.py", 2, "NUL characters", None),
        ({"agent.py": b"a = '\xff\xfe'\n"}, "agent.py", None, "utf-8", None),
        ({"agent.py": "# coding: nonsense\n"}, "agent.py", None, "nonsense", None),
        ({"agent.py": "def f():\nx = 1\n"}, "agent.py", 2, "expected an indented block", "x = 1"),
        ({"agent.py": "(" * 5000}, "agent.py", 1, "too many nested parentheses", None),
    ],
)
def test_source_that_does_not_parse_is_told_by_file_and_line(
    project: Path,
    files: dict[str, str | bytes],
    file: str,
    line: int | None,
    message: str,
    text: str | None,
) -> None:
    write(project, files)
    told = loaded(project)
    error = told["load_error"]
    assert error["file"] == str(project / file)
    assert message in error["message"]
    assert line is None or error["line"] == line
    assert text is None or error["text"] == text
    assert told["line"].startswith(f"{file}:{line} " if line else file)
    assert "\n" not in told["line"]


def test_a_script_or_module_that_is_not_there_is_a_line(project: Path) -> None:
    (project / "agent.py").unlink()
    assert loaded(project)["line"] == "agent.py cannot be read: No such file or directory"
    assert loaded(project, module="no.such")["line"] == "no.such is no module that can be run"


def test_an_error_of_the_programs_own_is_no_load_error(project: Path) -> None:
    write(project, {"agent.py": "eval('1 +')\n"})
    (result,) = attempts(project)
    assert result.raised is not None
    assert result.raised.type == "SyntaxError"
    write(project, {"agent.py": "open('not there')\n"})
    (result,) = attempts(project)
    assert result.raised is not None
    assert result.raised.type == "FileNotFoundError"


def test_a_traceback_shows_the_source_that_ran(project: Path) -> None:
    write(project, {"agent.py": "def value():\n    return 1 / 0  # as it ran\n"})
    (result,) = attempts(project, overwrite="\n# saved meanwhile\n")
    assert result.raised is not None
    assert "return 1 / 0  # as it ran" in result.raised.traceback
    assert "child.py" not in result.raised.traceback
