"""`lar-debug run SCRIPT.py` is `python SCRIPT.py`: same output, same exit code, same signals."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Here
from tests.cli.desk import COMMAND, PATIENCE, Desk
from tests.cli.terminal import in_terminal
from tests.runtime.process_tools import wait_until_gone

# Nothing of it needs the engine, so that each case costs a start of Python and no more.
ENDINGS = {
    "exit": "import sys; print('bye'); sys.exit(3)",
    "words": "import sys; sys.exit('no ticket')",
    "exception": "def f():\n    raise ValueError('two\\nlines')\nf()",
    "syntax": "print('a'\n",
    "os._exit": "import os; os.write(1, b'x'); os._exit(7)",
    "killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "terminated": "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
    "interrupted": "raise KeyboardInterrupt",
    "thread": "import threading, sys\nt = threading.Thread(target=lambda: 1 / 0)\n"
    "t.start(); t.join()\nsys.exit(4)",
}

LOOKS = """
import os, sys
print(sys.argv, __name__, __file__, sys.path[0], flush=True)
print([os.isatty(n) for n in (0, 1, 2)], sys.stdin.read(), flush=True)
print('to stderr', file=sys.stderr, flush=True)
sys.stdout.buffer.write(b'\\xff\\x1b[1m \\xe2\\x9c\\x93\\r\\n')
sys.exit(5)
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk.new(tmp_path_factory.mktemp("scripts"))


@pytest.mark.parametrize("name", ENDINGS)
def test_every_end_is_the_scripts_own(desk: Desk, name: str) -> None:
    desk.write("script.py", ENDINGS[name])
    plain = desk.python("script.py")
    ours = desk.started("run", "script.py")
    assert (ours.code, ours.out, ours.err) == (plain.code, plain.out, plain.err)


def test_what_the_script_sees_is_the_same(desk: Desk) -> None:
    desk.write("script.py", LOOKS)
    arguments = ("script.py", "--json", "-x", "--", "--version", "a b", "")
    command = ("run", *arguments)
    plain = raw([sys.executable, *arguments], desk)
    assert raw([*COMMAND, *command], desk) == plain
    assert plain[0] == 5
    assert b"--version" in plain[1]


def test_with_json_only_json_comes_out_and_the_script_goes_to_stderr(desk: Desk) -> None:
    desk.write("script.py", LOOKS)
    code, out, err = raw([*COMMAND, "run", "--json", "script.py"], desk)
    assert (code, out) == (5, b'{\n  "runs": [],\n  "exit_code": 5\n}\n')
    assert b"script.py" in err
    assert b"to stderr" in err


def raw(command: list[str], desk: Desk) -> tuple[int, bytes, bytes]:
    ended = subprocess.run(
        command,
        input=b"some text",
        capture_output=True,
        cwd=desk.folder,
        env=desk.environ,
        timeout=PATIENCE,
        check=False,
    )
    return ended.returncode, ended.stdout, ended.stderr


def test_in_a_terminal_the_script_sees_a_terminal(desk: Desk) -> None:
    desk.write(
        "script.py",
        "import os, sys\n"
        "print([os.isatty(n) for n in (0, 1, 2)], os.get_terminal_size(), flush=True)\n"
        "print('name:', input('who? '), flush=True)\n"
        "print('\\x1b[1mbold\\x1b[0m\\ttab', file=sys.stderr)\n"
        "sys.exit(6)\n",
    )
    typing = (b"who? ", b"Eva\n")
    plain = in_terminal([sys.executable, "script.py"], desk, typing)
    ours = in_terminal([*COMMAND, "run", "--no-ui", "script.py"], desk, typing)
    assert ours == plain
    assert plain[0] == 6
    assert b"[True, True, True]" in plain[1]
    assert b"name: Eva" in plain[1]


def test_ctrl_c_in_a_terminal_reaches_the_script_once(desk: Desk) -> None:
    desk.write(
        "script.py",
        "import signal, sys, time\n"
        "count = []\n"
        "signal.signal(signal.SIGINT, lambda *_: count.append(1))\n"
        "print('ready', flush=True)\n"
        "while not count: time.sleep(0.01)\n"
        # What came twice would be here by the time a line has been read.
        "input()\n"
        "print('interrupted', len(count), flush=True)\n"
        "sys.exit(9)\n",
    )
    command = [*COMMAND, "run", "--no-ui", "script.py"]
    code, shown = in_terminal(command, desk, (b"ready", b"\x03"), (b"^C", b"\n"))
    assert b"interrupted 1" in shown
    assert code == 9


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_us_is_the_scripts_to_answer(desk: Desk, number: signal.Signals) -> None:
    desk.write(
        "script.py",
        "import signal, sys\n"
        f"signal.signal({int(number)}, lambda *_: sys.exit(40))\n"
        "print('ready', flush=True)\n"
        "while True: signal.pause()\n",
    )
    # A session of its own has no terminal, as under a supervisor or in CI.
    command = desk.begin("run", "script.py", stdout=subprocess.PIPE, session=True)
    assert command.stdout is not None
    assert command.stdout.readline() == b"ready\n"
    command.send_signal(number)
    assert command.wait(PATIENCE) == 40


def test_a_reader_that_leaves_ends_an_endless_script(desk: Desk) -> None:
    desk.write("script.py", "while True: print('line ' * 20)\n")
    command = desk.begin(
        "run", "script.py", stdout=subprocess.PIPE, stderr=subprocess.PIPE, session=True
    )
    assert command.stdout is not None
    assert command.stderr is not None
    command.stdout.readline()
    command.stdout.close()
    assert b"BrokenPipeError" in command.stderr.read()
    assert command.wait(PATIENCE) != 0


def test_kill_9_keeps_what_had_finished_and_names_the_step_it_died_in(
    graphs: Desk, tmp_path: Path, at: Here
) -> None:
    store = ("--store", str(tmp_path / "recordings.db"))
    said = graphs.started("run", *store, "endings.py", "killed")
    assert said.code == 137
    assert "crashed" in said.err
    assert "SIGKILL" in said.err
    told = at(graphs, "show", "last", "--json", *store).json
    assert told["run"]["status"] == "crashed"
    assert [step["outcome"] for step in told["steps"]] == ["success", "crashed"]
    assert "SIGKILL" in told["steps"][1]["error"]


def test_when_we_are_killed_the_program_ends_too_and_its_run_has_crashed(
    graphs: Desk, tmp_path: Path, at: Here
) -> None:
    graphs.write(
        "waits.py",
        "import os, signal\n"
        "from lar import AddValueNode, FunctionalNode, GraphExecutor\n"
        "def wait(state):\n"
        "    os.write(1, b'in the step %d\\n' % os.getpid())\n"
        "    signal.pause()\n"
        "first = AddValueNode('a', 1, next_node=FunctionalNode(wait))\n"
        "list(GraphExecutor(log_dir='logs').run_step_by_step(first, {}))\n",
    )
    store = ("--store", str(tmp_path / "recordings.db"))
    command = graphs.begin("run", *store, "waits.py", stdout=subprocess.PIPE)
    assert command.stdout is not None
    with command.stdout as output:
        line = next(line for line in output if line.startswith(b"in the step"))
        running = at(graphs, "list", "--json", *store).json
        assert [row["status"] for row in running] == ["running"]
        refused = at(graphs, "delete", "last", *store)
        assert (refused.code, "running" in refused.complaint) == (2, True)
        command.kill()
        command.wait(PATIENCE)
    wait_until_gone([int(line.split()[-1])])
    told = at(graphs, "show", "last", "--json", *store).json
    assert told["run"]["status"] == "crashed"
    assert [step["outcome"] for step in told["steps"]] == ["success", "crashed"]
