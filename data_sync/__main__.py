"""`python -m data_sync …`: sync a city, load its boundaries, run the worker, the desk or the demo.

Each command is imported when it is called, so that `sync` does not load the desk.
"""

from __future__ import annotations

from importlib import import_module

import click

from portal import private_files

COMMANDS = {
    "sync": "data_sync.commands:sync",
    "boundaries": "data_sync.commands:boundaries",
    "demographics": "data_sync.commands:demographics",
    "worker": "data_sync.worker:worker",
    "desk": "data_sync.desk.cli:desk",
    "demo": "data_sync.demo.serve:demo",
    "town": "data_sync.desk.town:town",
}


class Commands(click.Group):
    """The commands, each imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in alphabetical order."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, or None if there is none of this name."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        return getattr(import_module(module), name)


@click.group(cls=Commands)
def cli() -> None:
    """Between the work-order system and the portal.

    Settings are PORTAL_* variables, listed in docs/settings.md.
    """


if __name__ == "__main__":
    private_files.set_umask()
    cli(prog_name="python -m data_sync")
