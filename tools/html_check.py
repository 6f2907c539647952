"""`make html-check`: the Nu HTML checker on every page and state of the city, in both languages.

Exit 1 on any error. Needs Java and tools/node_modules. A page known to be bad is checked too, and
must be found bad.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flask.testing import FlaskClient

from app import create_app
from portal import migrations
from portal.context import Portal
from tools.programs import require_program
from tools.shown_city import shown_portal, shown_settings
from tools.shown_forms import walked_pages, walked_portal
from tools.shown_pages import LANGUAGES, Shown, client_of, shown_pages, states

CHECKER = Path(__file__).parent / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
KNOWN_BAD = (
    "<!DOCTYPE html>\n<html lang=en><head><title>Bad</title></head>"
    "<body><p id=a><div id=a></p><img src=x></body></html>\n"
)
STYLE = re.compile(rb"<style>.*?</style>", re.DOTALL)
DRAWING = Shown("drawing", "/assets/favicon.svg")


@dataclass(frozen=True)
class Complaint:
    """One remark of the checker about a page."""

    page: str
    kind: str
    line: int
    sentence: str


def main() -> int:
    """Write the pages, check them, and print what is wrong with each."""
    require_checker()
    with tempfile.TemporaryDirectory() as folder:
        pages = write_pages(Path(folder))
        (Path(folder) / "known-bad.html").write_text(KNOWN_BAD, encoding="utf-8")
        complaints = check(Path(folder))
    if not any(one.page == "known-bad.html" and one.kind == "error" for one in complaints):
        print(
            "the checker found nothing wrong with a page known to be bad; it checks nothing",
            file=sys.stderr,
        )
        return 1
    complaints = [one for one in complaints if one.page != "known-bad.html"]
    for one in complaints:
        print(f"{one.kind:>7}  {one.page}, line {one.line}: {one.sentence}")
    counts = Counter(one.kind for one in complaints)
    print(
        f"{pages} pages and drawings: {counts['error']} errors, "
        f"{counts['warning']} warnings, {counts['info']} remarks"
    )
    return 1 if counts["error"] else 0


def require_checker() -> None:
    """Exit with a sentence if Java or the checker is missing."""
    require_program("java", "the HTML checker runs on Java", "default-jre-headless")
    if not CHECKER.exists():
        sys.exit("the HTML checker is not here; `make html-check` installs it from npm")


def write_pages(folder: Path) -> int:
    """Write a file for each page in each language; returns how many."""
    portal = shown_portal()
    client = client_of(portal)
    written = 0
    for shown in [*shown_pages(client), *states(client)]:
        for language in LANGUAGES:
            (folder / f"{shown.name}.{language}.html").write_bytes(body_of(client, shown, language))
            written += 1
    for language in LANGUAGES:
        with walked_portal() as copy:
            for name, page in walked_pages(copy, language).items():
                (folder / f"{name}.{language}.html").write_bytes(
                    STYLE.sub(b"<style></style>", page.encode())
                )
                written += 1
    (folder / "drawing.svg").write_bytes(body_of(client, DRAWING, LANGUAGES[0]))
    written += 1
    for language in LANGUAGES:
        (folder / f"no-cases-yet.{language}.html").write_bytes(
            body_before_the_first_sync(folder, language)
        )
        written += 1
    portal.close()
    return written


def body_of(client: FlaskClient, shown: Shown, language: str) -> bytes:
    """The page as sent, without its style. Exits if it answers with an unexpected status.

    The checker would check the style too, but does not know container units.
    """
    answer = client.get(shown.path, headers={"Accept-Language": language})
    if answer.status_code != shown.status:
        sys.exit(f"{shown.name}: {shown.path} answers {answer.status}, not {shown.status}")
    return STYLE.sub(b"<style></style>", answer.data)


def body_before_the_first_sync(folder: Path, language: str) -> bytes:
    """The home page of a portal without a case."""
    settings = shown_settings().model_copy(update={"data_dir": folder / f"empty-{language}"})
    portal = Portal(settings)
    migrations.upgrade(portal.core, settings)
    body = body_of(
        create_app(settings, portal).server.test_client(), Shown("no-cases-yet", "/", 503), language
    )
    portal.close()
    return body


def check(folder: Path) -> list[Complaint]:
    """What the checker says about every file of a folder."""
    files = sorted([*folder.glob("*.html"), *folder.glob("*.svg")])
    command = [
        "java",
        "-jar",
        str(CHECKER),
        "--format",
        "json",
        "--stdout",
        "--exit-zero-always",
        "--also-check-svg",
        *map(str, files),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"the HTML checker could not run: {done.stderr.strip()}")
    return list(_complaints(json.loads(done.stdout)["messages"]))


def _complaints(messages: list[dict]) -> Iterator[Complaint]:
    for message in messages:
        kind = (
            "error"
            if message["type"] in ("error", "non-document-error")
            else message.get("subType", "info")
        )
        yield Complaint(
            Path(message.get("url", "")).name, kind, message.get("lastLine", 0), message["message"]
        )


if __name__ == "__main__":
    sys.exit(main())
