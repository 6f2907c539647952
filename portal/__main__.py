"""`python -m portal …`: the commands, each imported when it is called.

`version` and `--help` wait for neither DuckDB nor pydantic.
"""

from __future__ import annotations

import sys
import traceback
from importlib import import_module
from typing import TYPE_CHECKING

import click

from portal import __version__, private_files
from portal.errors import PortalError

if TYPE_CHECKING:
    from portal.settings import Settings

COMMANDS_ELSEWHERE = {
    "facts": "portal.cli.facts:facts",
    "cases": "portal.cli.cases:cases",
    "route": "portal.cli.route:route",
    "outbox": "portal.cli.outbox:outbox",
    "staff": "portal.cli.staff:staff",
    "keys": "portal.cli.keys:keys",
    "bench-data": "portal.benchmarks.commands:bench_data",
    "bench": "portal.benchmarks.commands:bench",
    "metrics": "portal.cli.metrics:metrics",
    "publish-data": "portal.cli.datasets:publish_data",
    "equity": "portal.cli.equity:equity",
    "findings": "portal.cli.findings:findings",
    "numbers": "portal.cli.numbers:numbers",
    "verify": "portal.cli.datasets:verify",
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
    """Run everything on this machine until Ctrl-C: web, sync, and the demo's work-order desk."""
    from portal.cli.serve import run_everything

    sys.exit(run_everything(_read_settings()))


@cli.command()
def serve() -> None:
    """Run the web server alone, on a migrated store, for a machine that only answers pages."""
    from portal.cli.serve import serve_web

    serve_web(_read_settings())


@cli.command()
def migrate() -> None:
    """Bring the store to this version's tables, from an empty or older store."""
    from portal import migrations
    from portal.cli import serve

    serve.migrate(_read_settings())
    click.echo(f"the store is at {migrations.get_wanted_revision()}")


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
    private_files.set_umask()
    try:
        cli(prog_name="python -m portal")
    except PortalError as problem:
        sys.exit(f"portal: {problem}")
    except Exception as problem:
        if _wants_tracebacks():
            traceback.print_exc()
        if known := _explain(problem):
            sys.exit(f"portal: {known}")
        first_line = (str(problem).strip().splitlines() or [""])[0]
        sys.exit(
            f"portal: {type(problem).__name__}: {first_line} (PORTAL_LOG_LEVEL=DEBUG shows where)"
        )


def _explain(problem: Exception) -> str:
    """What is wrong with the database and the way out, where that is known; else nothing."""
    from portal.store.engines import store_url
    from portal.store.refusals import explain

    try:
        return str(explain(problem, store_url(_read_settings())) or "")
    except PortalError:
        return ""


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
