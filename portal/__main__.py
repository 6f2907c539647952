"""`python -m portal …`: the commands, each imported when it is called.

`version` and `--help` wait for neither DuckDB nor pydantic.
"""

from __future__ import annotations

import sys
import traceback
from importlib import import_module
from typing import TYPE_CHECKING

import click

from portal import __version__
from portal.errors import PortalError

if TYPE_CHECKING:
    from portal.settings import Settings

COMMANDS_ELSEWHERE = {
    "facts": "portal.cli.facts:facts",
    "cases": "portal.cli.cases:cases",
    "route": "portal.cli.route:route",
    "outbox": "portal.cli.outbox:outbox",
    "staff": "portal.cli.staff:staff",
    "bench-data": "portal.benchmarks.commands:bench_data",
    "bench": "portal.benchmarks.commands:bench",
    "metrics": "portal.cli.metrics:metrics",
}
MARKS = {"ok": "ok", "warning": "look", "error": "WRONG"}


class Commands(click.Group):
    """The commands of this file, and those of other modules, imported when called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in alphabetical order."""
        return sorted([*self.commands, *COMMANDS_ELSEWHERE])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, or None if there is none of this name."""
        if cmd_name not in COMMANDS_ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        module, name = COMMANDS_ELSEWHERE[cmd_name].split(":")
        return getattr(import_module(module), name)


@click.group(cls=Commands)
def cli() -> None:
    """Citizens Connect: a city's public 311 case portal.

    Settings are PORTAL_* variables, listed in docs/settings.md.
    """


@cli.command()
def run() -> None:
    """Run everything on this machine: web, sync and, for the demo, its work-order desk.

    Ctrl-C stops it.
    """
    from portal.cli.serve import run_everything

    sys.exit(run_everything(_read_settings()))


@cli.command()
def serve() -> None:
    """Run the web server alone, for a machine that only answers pages.

    The store must have been migrated.
    """
    from portal.cli.serve import serve_web

    serve_web(_read_settings())


@cli.command()
def migrate() -> None:
    """Bring the store to this version's tables, from an empty or older store."""
    from portal import migrations
    from portal.store.engines import core_engine

    settings = _read_settings()
    engine = core_engine(settings)
    migrations.upgrade(engine, settings)
    click.echo(f"the store is at {migrations.read_revision(engine)}")


@cli.command()
def doctor() -> None:
    """Say what is wrong here and how to fix it. Exit status 1 if there is an error."""
    from portal.cli.doctor import examine
    from portal.settings import variables_without_a_setting

    findings = examine(_read_settings(), unread=variables_without_a_setting())
    for finding in findings:
        click.echo(f"{MARKS[finding.level]:>5}  {finding.what}")
        if finding.way_out:
            click.echo(f"       → {finding.way_out}")
    sys.exit(int(any(finding.level == "error" for finding in findings)))


@cli.command()
def version() -> None:
    """Print the version of the program."""
    click.echo(f"citizens-connect {__version__}")


def main() -> None:
    """Run the command. What goes wrong is one sentence on stderr and exit status 1."""
    try:
        cli(prog_name="python -m portal")
    except PortalError as problem:
        sys.exit(f"portal: {problem}")
    except Exception as problem:
        if _wants_tracebacks():
            traceback.print_exc()
        first_line = (str(problem).strip().splitlines() or [""])[0]
        sys.exit(
            f"portal: {type(problem).__name__}: {first_line} (PORTAL_LOG_LEVEL=DEBUG shows where)"
        )


def _wants_tracebacks() -> bool:
    try:
        return _read_settings().log_level.upper() == "DEBUG"
    except PortalError:
        return False


def _read_settings() -> Settings:
    from portal.settings import settings_from_environment

    return settings_from_environment()


if __name__ == "__main__":
    main()
