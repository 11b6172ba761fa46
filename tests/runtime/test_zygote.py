"""Jobs run in the user's interpreter, each as if it were a program of its own."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

import lar_debug
from lar_debug.client import attempt as client
from lar_debug.client.worker import Worker
from lar_debug.client.zygote import WorkerError, bootstrap_command
from lar_debug.runtime.protocol import ProtocolError
from tests.runtime.process_tools import (
    HERE,
    OTHER_PYTHONS,
    PATIENCE,
    a_worker,
    in_overtime,
    other_python,
    run,
    wait_until_gone,
)


@pytest.mark.parametrize("version", OTHER_PYTHONS)
def test_another_python_runs_the_jobs(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "INTERRUPT_GRACE", PATIENCE)

    async def use() -> None:
        async with a_worker(other_python(version), cwd=tmp_path) as worker:
            assert worker.python.startswith(version + ".")
            result = await worker.run("jobs.plain:where", {"a": ["b", 1.5, None]})
            assert result.result is not None
            assert result.result["python"] == [int(part) for part in version.split(".")]
            assert result.result["request"] == {"a": ["b", 1.5, None]}
            assert result.result["cwd"] == str(tmp_path)
            crashed = await worker.run("jobs.hostile:segfaults", {})
            assert crashed.how == "died"
            looped = await (await in_overtime(worker, "jobs.hostile:loops")).finished()
            assert looped.raised is not None
            assert "in loops" in looped.raised.traceback
            left = await worker.run("jobs.hostile:leaves_processes", {})
            assert left.leftovers == 3

    run(use())


def test_everything_that_is_printed_is_captured_in_order() -> None:
    async def use() -> None:
        async with a_worker() as worker:
            result = await worker.run("jobs.plain:speak", {})
            lines = result.stdout.data.decode().split("\n")
            assert lines[:2] == ["from print", "from os.write"]
            assert sorted(lines[2:]) in (
                ["from a shell", "from printf", "no newline"],
                ["", "from a shell", "no newlinefrom printf"],
            )
            assert result.stderr.data == b"from stderr\n"

    run(use())


def test_reports_come_in_order_before_the_result() -> None:
    async def use() -> None:
        numbers: list[int] = []
        async with a_worker() as worker:
            await worker.run(
                "jobs.hostile:reports_much",
                {},
                on_report=lambda data: numbers.append(data["number"]),
            )
        assert numbers == list(range(20_000))

    run(use())


def test_two_attempts_at_once_do_not_see_each_other(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    held = os.open(gate, os.O_RDWR)
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()

    async def use() -> None:
        async with a_worker() as worker:
            changed: list[asyncio.Event] = [asyncio.Event(), asyncio.Event()]
            attempts = [
                worker.begin(
                    "jobs.plain:change_everything",
                    {"name": folder.name, "folder": str(folder), "gate": str(gate)},
                    on_report=lambda _, event=event: event.set(),  # type: ignore[misc]
                )
                for folder, event in zip(folders, changed, strict=True)
            ]
            for event in changed:
                await event.wait()
            # Both have changed everything and wait for one byte each.
            os.write(held, b"go")
            for folder, attempt in zip(folders, attempts, strict=True):
                result = await attempt.finished()
                assert result.result == {
                    "counter": 1,
                    "name": folder.name,
                    "folder": str(folder),
                    "last": folder.name,
                }

    run(use())
    os.close(held)


def test_an_attempt_has_the_folder_and_the_environment_that_were_asked_for(tmp_path: Path) -> None:
    names = ["LAR_DEBUG_KEPT", "LAR_DEBUG_SET", "LAR_DEBUG_GONE", "LITELLM_LOCAL_MODEL_COST_MAP"]

    async def use() -> None:
        environ = {"LAR_DEBUG_KEPT": "kept", "LAR_DEBUG_GONE": "here"}
        async with a_worker(environ=environ) as worker:
            asked = await worker.run(
                "jobs.plain:where",
                {"names": names},
                cwd=tmp_path,
                environ={"LAR_DEBUG_SET": "set", "LAR_DEBUG_GONE": None},
            )
            plain = await worker.run("jobs.plain:where", {"names": names})
            assert asked.result is not None
            assert asked.result["cwd"] == str(tmp_path)
            assert list(asked.result["environ"].values()) == ["kept", "set", None, "True"]
            assert plain.result is not None
            assert plain.result["cwd"] == str(HERE)
            assert list(plain.result["environ"].values()) == ["kept", None, "here", "True"]

    run(use())


def test_nothing_of_the_debugger_is_visible_but_its_own_package() -> None:
    async def use() -> None:
        async with a_worker() as worker:
            result = await worker.run("jobs.plain:where", {})
            assert result.result is not None
            package = str(Path(lar_debug.__file__).parent)
            plain = subprocess.run(
                [sys.executable, "-c", "import sys; print(*sys.path[1:], sep='\\n')"],
                capture_output=True,
                text=True,
                check=True,
            ).stdout.splitlines()
            # What the interpreter has by itself (an editable install, say) is its own.
            added = set(result.result["path"]) - set(plain)
            assert not any(package.startswith(path) for path in added)
            debuggers = {"textual", "rich", "deepdiff", "watchfiles", "lar_debug.client"}
            assert not debuggers & set(result.result["modules"])

    run(use())


def test_an_attempt_is_in_a_session_of_its_own_so_ctrl_c_does_not_reach_it() -> None:
    async def use() -> None:
        sessions: list[int] = []
        async with a_worker() as worker:
            for _ in range(2):
                await worker.run(
                    "jobs.plain:where", {}, on_report=lambda data: sessions.append(data["session"])
                )
        assert len({os.getsid(0), *sessions}) == 3

    run(use())


@pytest.mark.parametrize("module", ["random", "numpy.random"])
def test_random_numbers_differ_between_attempts(module: str) -> None:
    pytest.importorskip(module)

    async def use() -> None:
        # With more threads it would not be preloaded.
        async with a_worker(environ={"OPENBLAS_NUM_THREADS": "1"}) as worker:
            assert (await worker.preload([module])).left_out == ()
            request = {"module": module}
            results = [await worker.run("jobs.plain:random_number", request) for _ in range(2)]
        first, second = (result.result for result in results)
        assert first is not None
        assert first != second

    run(use())


def write_modules(folder: Path, modules: dict[str, str]) -> dict[str, str]:
    """Modules that are no part of the project; an environment that finds them."""
    for name, source in modules.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(source))
    return {"PYTHONPATH": os.pathsep.join([str(folder), str(HERE)])}


def test_preloaded_modules_are_there_and_what_went_wrong_is_told_by_module(tmp_path: Path) -> None:
    settings = tmp_path / ".env"
    settings.write_text("A=1")
    environ = write_modules(
        tmp_path,
        {
            "reads_settings": f"print('imported'); open({str(settings)!r}).read()",
            "leaves": "import sys; sys.exit('no')",
        },
    )

    async def use() -> None:
        async with a_worker(environ=environ) as worker:
            loaded = await worker.preload(["reads_settings", "leaves", "not_there", "json.tool"])
            assert loaded.errors == {
                "leaves": "SystemExit: no",
                "not_there": "ModuleNotFoundError: No module named 'not_there'",
            }
            assert str(settings) in loaded.opened
            assert loaded.forks
            modules = ["reads_settings", "leaves", "json.tool"]
            result = await worker.run("jobs.plain:preloaded", {"modules": modules})
            assert result.result == {"there": ["reads_settings", "json.tool"]}
            assert result.stdout.data == b""

    run(use())


THREAD = """
    import threading
    threading.Thread(target=threading.Event().wait, daemon=True).start()
"""


def test_a_module_that_starts_threads_is_left_to_the_attempts(tmp_path: Path) -> None:
    environ = write_modules(tmp_path, {"threaded": THREAD, "quiet": ""})

    async def use() -> None:
        async with a_worker(environ=environ) as worker:
            loaded = await worker.preload(["quiet", "threaded"])
            assert (loaded.left_out, loaded.forks) == (("threaded",), True)
            result = await worker.run("jobs.plain:preloaded", {"modules": ["quiet", "threaded"]})
            assert result.result == {"there": ["quiet"]}

    run(use())


def test_where_a_fork_is_not_safe_every_attempt_is_a_fresh_process(tmp_path: Path) -> None:
    environ = write_modules(tmp_path, {"sitecustomize": THREAD, "quiet": ""})

    async def use() -> None:
        async with a_worker(environ=environ) as worker:
            assert not (await worker.preload(["quiet"])).forks
            result = await worker.run("jobs.plain:where", {"names": []}, cwd=tmp_path)
            assert result.result is not None
            assert result.result["cwd"] == str(tmp_path)
            assert "quiet" not in result.result["modules"]
            asked = await worker.run("jobs.hostile:asks", {})
            assert asked.raised is not None
            assert asked.raised.type == "EOFError"
            died = await worker.run("jobs.hostile:segfaults", {})
            assert died.how == "died"
            left = await worker.run("jobs.hostile:leaves_processes", {})
            assert (left.how, left.leftovers) == ("done", 3)
            stopped = worker.begin("jobs.hostile:loops", {})
            while stopped.pid is None:
                await asyncio.sleep(0)
            # The new interpreter has only just begun.
            stopped.stop()
            assert (await stopped.finished()).how == "killed"

    run(use())


def test_a_preload_while_an_attempt_runs_leaves_it_alone(tmp_path: Path) -> None:
    environ = write_modules(tmp_path, {"threaded": THREAD, "quiet": ""})

    async def use() -> None:
        async with a_worker(environ=environ) as worker:
            looping = asyncio.Event()
            running = worker.begin("jobs.hostile:loops", {}, on_report=lambda _: looping.set())
            await looping.wait()
            retired = [worker.pid]
            await worker.preload(["threaded", "quiet"])
            retired.append(worker.pid)
            result = await worker.run("jobs.plain:preloaded", {"modules": ["quiet", "threaded"]})
            assert result.result == {"there": ["quiet"]}
            await worker.restart()
            assert running.pid is not None
            os.kill(running.pid, 0)
            running.stop()
            assert (await running.finished()).how == "killed"
            await asyncio.to_thread(wait_until_gone, [pid for pid in retired if pid])

    run(use())


def test_stopping_is_at_once_and_says_killed() -> None:
    async def use() -> None:
        async with a_worker() as worker:
            looping = asyncio.Event()
            attempt = worker.begin(
                "jobs.hostile:ignores_signals", {}, on_report=lambda _: looping.set()
            )
            await looping.wait()
            attempt.stop()
            result = await attempt.finished()
            assert (result.how, result.signal) == ("killed", 9)
            early = worker.begin("jobs.hostile:loops", {})
            early.stop()
            assert (await early.finished()).how == "killed"

    run(use())


def test_cancelling_the_one_who_waits_kills_the_job() -> None:
    async def use() -> None:
        async with a_worker() as worker:
            looping = asyncio.Event()
            waiting = asyncio.create_task(
                worker.run("jobs.hostile:loops", {}, on_report=lambda _: looping.set())
            )
            await looping.wait()
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting

    run(use())


def test_a_request_that_is_too_large_is_refused_with_a_line() -> None:
    async def use() -> None:
        async with a_worker() as worker:
            with pytest.raises(ProtocolError, match="put it into the store"):
                await worker.run("jobs.plain:where", {"text": "x" * (2 << 20)})

    run(use())


def test_no_descriptors_are_left_open() -> None:
    async def use() -> None:
        async with a_worker() as worker:
            await worker.run("jobs.plain:where", {})
            before = sorted(os.listdir("/proc/self/fd"))
            for job in ("plain:speak", "hostile:segfaults", "hostile:closes_everything"):
                await worker.run(f"jobs.{job}", {})
            assert sorted(os.listdir("/proc/self/fd")) == before

    run(use())


def start_and_close(interpreter: str | Path, cwd: Path, environ: dict[str, str]) -> Any:
    async def use() -> None:
        worker = await Worker.start(interpreter, cwd=cwd, environ=environ)
        await worker.close()

    return run(use())


def test_an_interpreter_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(WorkerError, match=r"/no/python cannot be used: No such file"):
        start_and_close(tmp_path / "no" / "python", tmp_path, {})
    with pytest.raises(WorkerError, match="gone cannot be used: No such file"):
        start_and_close(sys.executable, tmp_path / "gone", {})


def test_a_program_that_is_no_python_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(WorkerError) as caught:
        start_and_close("/bin/false", tmp_path, {})
    assert str(caught.value) == "/bin/false ended at once, without a word"


def test_a_project_with_another_version_of_lar_debug_is_refused_with_a_line(
    tmp_path: Path,
) -> None:
    own = tmp_path / "lar_debug"
    own.mkdir()
    (own / "__init__.py").write_text('__version__ = "0.0.1"\n')
    environ = {"PYTHONPATH": str(tmp_path)}
    with pytest.raises(WorkerError) as caught:
        start_and_close(sys.executable, tmp_path, environ)
    assert str(caught.value) == (
        f"this project has lar-debug 0.0.1 in {own}, the debugger is {lar_debug.__version__}: "
        f"install {lar_debug.__version__} there too, or none"
    )
    (own / "__init__.py").write_text(f'__version__ = "{lar_debug.__version__}"\n')
    start_and_close(sys.executable, tmp_path, environ)


def test_a_started_program_sees_the_path_of_plain_python(tmp_path: Path) -> None:
    script = tmp_path / "show.py"
    script.write_text("import sys\ndef main(options): print(sys.path, options)\n")
    plain = subprocess.run(
        [sys.executable, "-c", "import sys; print(sys.path[1:], {'a': 1})"],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        check=True,
    )
    reading, writing = os.pipe()
    os.write(writing, b'{"a": 1}')
    os.close(writing)
    ours = subprocess.run(
        [*bootstrap_command(sys.executable, "show:main"), str(reading)],
        env={"PYTHONPATH": str(tmp_path)},
        pass_fds=(reading,),
        capture_output=True,
        check=True,
    )
    os.close(reading)
    assert ours.stdout == plain.stdout


def test_another_python_leaves_no_bytecode_beside_the_debuggers_files(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    environ = write_modules(tmp_path, {"plain": "def job(request, report): return {}"})
    environ |= {"XDG_CACHE_HOME": str(cache), "PYTHONDONTWRITEBYTECODE": ""}

    async def use() -> None:
        async with a_worker(other_python("3.13"), environ=environ) as worker:
            assert (await worker.run("plain:job", {})).how == "done"

    package = Path(lar_debug.__file__).parent
    before = set(package.rglob("*.cpython-313.pyc"))
    run(use())
    assert set(package.rglob("*.cpython-313.pyc")) == before
    assert [path for path in cache.rglob("*") if path.is_file()]
