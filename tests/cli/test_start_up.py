"""Commands that only read load little: what makes a program slow to start is a promise too."""

from __future__ import annotations

import sys

import pytest

from tests.cli.desk import Desk

HEAVY = {
    "textual",
    "lar",
    "litellm",
    "deepdiff",
    "watchfiles",
    "asyncio",
    "rich.console",
    "lar_debug.shell",
    "lar_debug.panes",
    "lar_debug.client",
}


@pytest.mark.parametrize(
    "arguments",
    [
        ("--version",),
        ("list",),
        ("list", "--json"),
        ("show", "last"),
        ("show", "last", "--step", "5", "--json"),
    ],
)
def test_reading_commands_load_no_screen_no_engine_and_no_loop(
    sample: Desk, arguments: tuple[str, ...]
) -> None:
    program = (
        "import sys\n"
        "from lar_debug.cli import main\n"
        "try:\n"
        "    main(sys.argv[1:])\n"
        "finally:\n"
        "    print(*sys.modules, file=sys.stderr)\n"
    )
    said = sample.call([sys.executable, "-c", program, *arguments])
    assert said.code == 0, said.err
    assert not HEAVY & set(said.err.split())


def test_nothing_of_the_screen_is_loaded_by_any_command(sample: Desk) -> None:
    program = (
        "import importlib, sys\n"
        "from lar_debug.cli.application import COMMANDS\n"
        "for module in COMMANDS.values(): importlib.import_module(f'lar_debug.cli.{module}')\n"
        "print(*sys.modules)\n"
    )
    said = sample.call([sys.executable, "-c", program])
    assert not {"textual", "lar", "litellm", "lar_debug.shell"} & set(said.out.split())


def test_the_screen_is_painted_before_what_compares_and_runs_is_loaded(sample: Desk) -> None:
    program = (
        "import sys\n"
        "import lar_debug.cli.open_, lar_debug.client.interpreter, lar_debug.session.runs\n"
        "import lar_debug.session.rerunning, lar_debug.session.session, lar_debug.shell.app\n"
        "print(*sys.modules)\n"
    )
    said = sample.call([sys.executable, "-c", program])
    assert said.code == 0, said.err
    later = {
        "deepdiff",
        "watchfiles",
        "lar_debug.cli.show",
        "lar_debug.client.worker",
        "lar_debug.diff.build",
        "lar_debug.diff.layout",
        "lar_debug.session.comparison",
        "lar_debug.session.step_view",
        "lar_debug.shell.help_screen",
        "lar_debug.shell.picker_screen",
    }
    loaded = set(said.out.split())
    assert "lar_debug.shell.main_screen" in loaded
    assert not later & loaded
