"""The docs are true: they have every setting, command, table and decision, and links work."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from portal import __version__, migrations
from portal.settings import Settings
from portal.store.models import Base
from portal.store.public_views import VIEWS
from tools.source_tree import CODE, read_sources

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def setting_row(name: str) -> str:
    """The line that docs/settings.md must have for a field of Settings."""
    field = Settings.model_fields[name]
    default = (
        {"": "empty", True: "yes", False: "no"}.get(field.default, f"`{field.default}`")
        if field.default != 0
        else "`0`"
    )
    return f"| `PORTAL_{name.upper()}` | {default} | {field.description} |"


def commands(group: click.Command, name: str) -> Iterator[str]:
    """Full names of the commands below a group, such as `python -m portal facts verify`."""
    if not isinstance(group, click.Group):
        yield name
        return
    context = click.Context(group)
    for word in group.list_commands(context):
        command = group.get_command(context, word)
        assert command is not None, f"{name} {word} is listed and cannot be loaded"
        yield from commands(command, f"{name} {word}")


def portal_commands() -> list[str]:
    from portal.__main__ import cli

    return list(commands(cli, "python -m portal"))


def sync_commands() -> list[str]:
    from data_sync.__main__ import cli

    return list(commands(cli, "python -m data_sync"))


@pytest.mark.parametrize("name", Settings.model_fields)
def test_setting_is_in_its_page_with_its_default_and_help(name):
    assert setting_row(name) in page("docs/settings.md")


def test_settings_page_names_no_setting_that_does_not_exist():
    named = set(
        re.findall(r"PORTAL_[A-Z_]+", "".join(page(str(path.relative_to(ROOT))) for path in PAGES))
    )
    assert named <= {f"PORTAL_{name.upper()}" for name in Settings.model_fields}


@pytest.mark.parametrize("find", [portal_commands, sync_commands])
def test_every_command_is_in_operations(find):
    missing = [name for name in find() if f"| `{name}" not in page("docs/operations.md")]
    assert missing == []


def test_operations_names_no_command_that_does_not_exist():
    real = {*portal_commands(), *sync_commands()}
    named = re.findall(r"^\| `(python -m [a-z_ -]+)` \|", page("docs/operations.md"), re.MULTILINE)
    assert [name for name in named if not any(command.startswith(name) for command in real)] == []
    assert len(named) > 10


def test_every_command_says_what_it_does():
    from data_sync.__main__ import cli as sync_cli
    from portal.__main__ import cli

    for group in (cli, sync_cli):
        context = click.Context(group)
        for word in group.list_commands(context):
            command = group.get_command(context, word)
            assert command is not None and command.help, f"{word} has no help"


def test_tables_are_exactly_those_of_the_store_page():
    named = re.findall(r"^\| `([a-z_]+)` \|", page("docs/store.md"), re.MULTILINE)
    assert migrations.get_wanted_revision() and sorted(named) == sorted(Base.metadata.tables)


def test_public_views_are_exactly_those_of_the_store_page():
    assert set(re.findall(r"`(public_[a-z_]+)`", page("docs/store.md"))) == set(VIEWS)


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_decision_is_in_the_index_with_its_title_and_has_a_status(path):
    text = path.read_text(encoding="utf-8")
    number = int(path.name[:4])
    title = re.match(rf"# {number}\. (.+)", text)
    assert title, f"{path.name} must begin with '# {number}. ' and its title"
    assert f"| [{number}]({path.name}) | {title.group(1)} |" in page("docs/adr/README.md")
    assert re.search(r"^Status: (accepted|replaced by)", text, re.MULTILINE)


def test_decisions_are_numbered_without_a_gap():
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    targets = re.findall(r"\]\((?!https?://|mailto:|#)([^)#\s]+)", path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_make_targets_that_pages_name_exist():
    targets = set(re.findall(r"^([a-z./-]+):", page("Makefile"), re.MULTILINE))
    for path in PAGES:
        named = set(
            re.findall(
                r"(?:^ {4}|`|&& )make ([a-z./-]+)", path.read_text(encoding="utf-8"), re.MULTILINE
            )
        )
        assert named <= targets, f"{path.relative_to(ROOT)} names make {named - targets}"


def test_folders_are_on_the_map_of_the_house():
    from tests.test_architecture import repository_files

    folders = {
        path.relative_to(ROOT).parts[0]
        for path in repository_files(ROOT)
        if len(path.relative_to(ROOT).parts) > 1
    }
    missing = [
        name
        for name in sorted(folders)
        if not name.startswith(".") and f"`{name}/`" not in page("README.md")
    ]
    assert missing == []


def test_files_that_pages_name_exist():
    """`portal/cli/serve.py` in a page is a file; CITY, YOURCITY and … stand for something."""
    pattern = re.compile(
        r"`((?:portal|layouts|callbacks|data_sync|assets|tests|tools|docs)/[\w./-]+)`"
    )
    for path in PAGES:
        named = set(pattern.findall(path.read_text(encoding="utf-8")))
        missing = [
            name for name in sorted(named) if "CITY" not in name and not (ROOT / name).exists()
        ]
        assert missing == [], f"{path.relative_to(ROOT)} names what is not there"


def test_version_is_the_same_everywhere():
    assert tomllib.loads(page("pyproject.toml"))["project"]["version"] == __version__
    assert f"## {__version__}" in page("CHANGELOG.md")


def metric_names() -> set[str]:
    """Every figure of /metrics as docs/operations.md has to name it."""
    from prometheus_client import Counter

    from portal import metrics
    from portal.cli.metrics import GAUGES

    counted = {value for value in vars(metrics).values() if hasattr(value, "_labelnames")}
    counted = {metric for metric in counted if hasattr(metric, "_name")}
    ends = {metric._name + "_total" * isinstance(metric, Counter) for metric in counted}
    return {*GAUGES, *ends}


def test_every_metric_is_in_operations():
    rows = [name for name in metric_names() if f"| `{name}` |" not in page("docs/operations.md")]
    assert rows == []


def test_operations_names_no_metric_that_does_not_exist():
    suffixes = r"(_count|_sum|_bucket)?$"
    named = set(re.findall(r"\bportal_[a-z_]*[a-z]\b", page("docs/operations.md")))
    known = metric_names()
    unknown = {
        name for name in named if name not in known and re.sub(suffixes, "", name) not in known
    }
    assert unknown == set()


def test_every_name_of_a_log_line_is_in_operations():
    from portal.logs import NAMES

    own = {"level", "timestamp", "logger", "process", "attempts"}
    missing = [name for name in NAMES - own if f"`{name}`" not in page("docs/operations.md")]
    assert missing == []


def test_every_event_of_the_log_is_in_operations():
    events = {event for source in read_sources(ROOT, CODE) for event in logged_events(source.tree)}
    assert {"sync", "request failed", "streets not renewed"} <= events
    assert [event for event in events if f"`{event}`" not in page("docs/operations.md")] == []


def logged_events(tree: ast.Module) -> list[str]:
    """The first words of every call such as log.warning("…", …), or write("…", …) for either."""
    return [
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and re.fullmatch(r"log\.\w+|write", ast.unparse(node.func))
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    ]
