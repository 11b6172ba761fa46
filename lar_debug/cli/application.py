"""The command group, and what happens without a command."""

from __future__ import annotations

import importlib

import click

from lar_debug.cli.common import Common, common_options

COMMANDS = {
    "demo": "demo",
    "run": "run",
    "open": "open_",
    "list": "listing",
    "show": "show",
    "rerun": "rerun",
    "fork": "fork",
    "resume": "resume",
    "diff": "diff",
    "import": "import_",
    "verify": "verify",
    "export": "export",
    "delete": "delete",
    "gc": "delete",
}
"""Command name to the module that holds it: a command imports what it needs and no more."""


class _Commands(click.Group):
    """Loads the module of a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"lar_debug.cli.{COMMANDS[cmd_name]}")
        command: click.Command = module.COMMANDS[cmd_name]
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and (name.endswith(".py") or ".py:" in name):
            raise click.UsageError(f"{name} is no command; to record it: lar-debug run {name}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@common_options
def application(common: Common) -> int | None:
    """The time-travel debugger for agent graphs: record, rewind, edit, re-run one step."""
    if click.get_current_context().invoked_subcommand is None:
        from lar_debug.cli.open_ import open_picker

        return open_picker(common)
    return None
