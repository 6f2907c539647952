"""`make lighthouse`: Lighthouse on its slow phone, with pages served as in production.

Prints the median of several runs for each page; exit 1 if a target is missed. `--write` puts the
table into docs/performance.md. Needs Node, Lighthouse and Chromium.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from portal.cli.serve import free_port, status_of, web_command
from portal.settings import Settings
from tests.support.browser import FLAGS, ONLY_OURS, require_chromium
from tools.programs import require_program
from tools.shown_city import shown_portal
from tools.shown_pages import client_of, shown_pages

ROOT = Path(__file__).parents[1]
PROGRAM = ROOT / "tools" / "node_modules" / "lighthouse" / "cli" / "index.js"
PAGE = ROOT / "docs" / "performance.md"
MARKS = re.compile(r"(<!-- lighthouse -->\n).*?(<!-- end -->)", re.DOTALL)
MEASURED = ("home", "cases", "case", "place")
ATTEMPTS = 3


@dataclass(frozen=True)
class Figure:
    """A column of the table: how it is read from a report, and what it should be."""

    name: str
    read: Callable[[dict[str, Any]], float]
    target: float
    at_least: bool = False
    digits: int = 0

    def is_met(self, value: float) -> bool:
        """Whether the value reaches the target."""
        return value >= self.target if self.at_least else value <= self.target

    def format(self, value: float) -> str:
        """The value, with NO if the target is missed."""
        return f"{value:.{self.digits}f}{'' if self.is_met(value) else ' NO'}"

    @property
    def heading(self) -> str:
        return f"{self.name} ({'≥' if self.at_least else '≤'} {self.target:g})"


def score(category: str) -> Callable[[dict[str, Any]], float]:
    return lambda report: round(100 * (report["categories"][category]["score"] or 0))


def audit(name: str, scale: float = 1) -> Callable[[dict[str, Any]], float]:
    return lambda report: (report["audits"][name].get("numericValue") or 0) * scale


FIGURES = (
    Figure("performance", score("performance"), 98, at_least=True),
    Figure("accessibility", score("accessibility"), 100, at_least=True),
    Figure("best practices", score("best-practices"), 100, at_least=True),
    Figure("SEO", score("seo"), 100, at_least=True),
    Figure("largest paint, s", audit("largest-contentful-paint", 0.001), 1.0, digits=2),
    Figure("shift", audit("cumulative-layout-shift"), 0.02, digits=3),
    Figure("blocking, ms", audit("total-blocking-time"), 50),
    Figure("sent, KB", audit("total-byte-weight", 1 / 1024), 40, digits=1),
)


def main() -> int:
    """Measure, print, and write where asked."""
    asked = read_arguments()
    require_programs()
    portal = shown_portal()
    paths = {
        shown.name: shown.path for shown in shown_pages(client_of(portal)) if shown.name in MEASURED
    }
    settings = portal.settings.model_copy(
        update={"port": free_port(), "base_url": "", "host": "127.0.0.1"}
    )
    portal.close()
    with run_server(settings):
        for path in paths.values():
            status_of(
                settings.host, settings.port, path
            )  # the first visit of all fills the server's caches
        reports = {
            name: [measure_page(settings.site_url + path) for _ in range(asked.runs)]
            for name, path in paths.items()
        }
    medians = {
        name: [statistics.median(figure.read(report) for report in found) for figure in FIGURES]
        for name, found in reports.items()
    }
    table = format_medians(medians, asked.runs)
    print(table)
    for sentence in dict.fromkeys(
        failed for found in reports.values() for report in found for failed in list_failures(report)
    ):
        print(sentence)
    if asked.write:
        write_table(table)
    is_met = all(
        figure.is_met(value)
        for row in medians.values()
        for figure, value in zip(FIGURES, row, strict=True)
    )
    return 0 if is_met else 1


def read_arguments() -> argparse.Namespace:
    """The options on the command line."""
    parser = argparse.ArgumentParser(
        prog="make lighthouse", description="Measure the pages with Lighthouse."
    )
    parser.add_argument(
        "--runs", type=int, default=3, help="how often each page is measured; the median counts"
    )
    parser.add_argument(
        "--write", action="store_true", help="put the table into docs/performance.md"
    )
    return parser.parse_args()


def require_programs() -> None:
    """Exit with a sentence if Node, Lighthouse or Chromium is missing."""
    require_chromium()
    require_program("node", "Lighthouse runs on Node", "nodejs npm")
    if not PROGRAM.exists():
        sys.exit("Lighthouse is not here; `make lighthouse` installs it from npm")


@contextmanager
def run_server(settings: Settings) -> Iterator[None]:
    """Run the web server of `make run` on the shown city; stopped afterwards."""
    environment = os.environ | {
        "PORTAL_DATA_DIR": str(settings.data_dir),
        "PORTAL_PORT": str(settings.port),
        "PORTAL_HOST": settings.host,
        "PORTAL_BASE_URL": "",
        "PORTAL_JURISDICTIONS": settings.jurisdictions,
        "PORTAL_TILE_URL": settings.tile_url,
        "PORTAL_DATABASE_URL": "",
    }
    web = subprocess.Popen(web_command(settings), cwd=ROOT, env=environment)
    try:
        _wait_until_ready(web, settings)
        yield
    finally:
        web.terminate()
        web.wait(timeout=20)


def _wait_until_ready(web: subprocess.Popen[bytes], settings: Settings) -> None:
    until = time.monotonic() + 60
    while status_of(settings.host, settings.port, "/readyz") != 200:
        if web.poll() is not None or time.monotonic() > until:
            sys.exit("the web server did not start; its own message is above")
        time.sleep(0.2)


def measure_page(url: str) -> dict[str, Any]:
    """One report with Lighthouse's mobile preset.

    On a busy machine Chromium sometimes loses its trace: then it tries again.
    """
    for _ in range(ATTEMPTS):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "report.json"
            done = subprocess.run(
                make_command(url, file),
                capture_output=True,
                text=True,
                env=os.environ | {"CHROME_PATH": require_chromium()},
                check=False,
                timeout=300,
            )
            if not done.returncode:
                return json.loads(file.read_text(encoding="utf-8"))
    sys.exit(f"Lighthouse could not measure {url}: {done.stderr.strip()[-2_000:]}")


def make_command(url: str, file: Path) -> list[str]:
    """The command that runs Lighthouse on a page; the browser can reach no other host."""
    flags = " ".join(["--headless=new", *FLAGS, f"'{ONLY_OURS}'"])
    words = [
        "node",
        str(PROGRAM),
        url,
        "--quiet",
        "--output=json",
        f"--output-path={file}",
        f"--chrome-flags={flags}",
    ]
    return [
        *words,
        "--only-categories=performance,accessibility,best-practices,seo",
        "--no-enable-error-reporting",
    ]


def list_failures(report: dict[str, Any]) -> Iterator[str]:
    """What Lighthouse finds wrong with accessibility, practices and SEO, one sentence each."""
    path = report["requestedUrl"].partition("//")[2].partition("/")[2]
    for category in ("accessibility", "best-practices", "seo"):
        for reference in report["categories"][category]["auditRefs"]:
            found = report["audits"][reference["id"]]
            if reference["weight"] and found["score"] is not None and found["score"] < 1:
                yield f"/{path}: {found['title']}"


def format_medians(medians: dict[str, list[float]], runs: int) -> str:
    """The Markdown table, with the date and the machine's load."""
    machine = f"{os.cpu_count()} cores, {platform.system()}, load {os.getloadavg()[1]:.1f}"
    lines = [f"{datetime.now(UTC):%Y-%m-%d}, median of {runs}, {machine}.", ""]
    lines += [
        "| page | " + " | ".join(figure.heading for figure in FIGURES) + " |",
        "|---" * (len(FIGURES) + 1) + "|",
    ]
    for name, row in medians.items():
        lines.append(
            f"| {name} | "
            + " | ".join(figure.format(value) for figure, value in zip(FIGURES, row, strict=True))
            + " |"
        )
    return "\n".join(lines)


def write_table(table: str) -> None:
    """Replace the table between the marks in docs/performance.md."""
    text = PAGE.read_text(encoding="utf-8")
    if not MARKS.search(text):
        sys.exit(f"{PAGE.name} has no place for the table: <!-- lighthouse --> … <!-- end -->")
    PAGE.write_text(
        MARKS.sub(lambda found: f"{found[1]}{table}\n{found[2]}", text), encoding="utf-8"
    )


if __name__ == "__main__":
    sys.exit(main())
