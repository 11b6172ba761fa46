"""The options that every command takes, and what they come to."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

import click

from lar_debug import __version__
from lar_debug.settings import Settings, read_settings
from lar_debug.store.database import Store
from lar_debug.store.location import store_path

STEP = click.IntRange(min=-1, max=10**9, clamp=True)
"""A step number as it is typed; one that no run has is told of by the store, with those it has."""

ALLOW_LOSSY = "Go on without values that cannot be kept as they are."

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Common:
    """The common options, as said before or after the command's name."""

    json: bool = False
    no_ui: bool = False
    store: str | None = None
    python: str | None = None
    on_save: str = "rerun"
    ascii: bool = False
    no_mouse: bool = False
    settings: Settings = field(default_factory=Settings)
    """What the settings file says, where an option may have said otherwise."""

    @classmethod
    def of_settings(cls) -> Common:
        """What holds where no option says otherwise. Raises Problem."""
        own = read_settings(os.environ)
        return cls(on_save=own.on_save, ascii=own.ascii, no_mouse=not own.mouse, settings=own)

    @property
    def screen(self) -> bool:
        """Whether a screen may open: there is a terminal to paint on and one to type in, and
        nobody asked for lines or JSON."""
        if self.json or self.no_ui:
            return False
        # Python has none where the descriptor was closed.
        return all(file is not None and file.isatty() for file in (sys.stdin, sys.stdout))

    @property
    def signs_in_ascii(self) -> bool:
        """Whether our own signs are drawn without Unicode."""
        utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
        return self.ascii or not utf8

    def store_path(self, start: Path | None = None) -> Path:
        """Where recordings are. Raises Problem."""
        return store_path(start or Path.cwd(), chosen=self.store, environ=os.environ)

    def open_store(self, start: Path | None = None) -> Store:
        """The store, which must be there already. Raises Problem."""
        return Store.open(self.store_path(start))


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option("--json", is_flag=True, default=None, help="JSON on stdout, all else on stderr."),
    click.option("--no-ui", is_flag=True, default=None, help="Never open the screen."),
    click.option("--store", metavar="PATH", help="The recordings (or LAR_DEBUG_STORE)."),
    click.option("--python", metavar="PATH", help="The interpreter that has your packages."),
    click.option(
        "--on-save", type=click.Choice(["rerun", "mark"]), help="What a save does at first."
    ),
    click.option("--ascii", is_flag=True, default=None, help="Signs without Unicode."),
    click.option("--no-mouse", is_flag=True, default=None, help="Leave the mouse alone."),
    click.version_option(__version__, prog_name="lar-debug", message="%(prog)s %(version)s"),
)


def _take(context: click.Context, values: dict[str, Any]) -> Common:
    common = context.obj if isinstance(context.obj, Common) else Common.of_settings()
    names = {field.name for field in fields(Common)}
    said = {name: values.pop(name) for name in names & values.keys()}
    # A bare --store (of verify) takes nothing back that was said before the command.
    if said.get("store") == "" and common.store:
        del said["store"]
    return replace(common, **{name: value for name, value in said.items() if value is not None})


def common_options(function: F) -> F:
    """Give a command the common options; it receives them as its first argument."""

    @click.pass_context
    def command(context: click.Context, /, **values: Any) -> Any:
        # Commands that hand over to another one pass on what was said.
        context.obj = common = _take(context, values)
        return function(common, **values)

    command.__name__ = function.__name__
    command.__doc__ = function.__doc__
    command.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
    for option in reversed(_OPTIONS):
        option(command)
    return command  # type: ignore[return-value]
