"""The pages and states that are shown, measured and checked, without a server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask.testing import FlaskClient
from lxml import html

from app import create_app
from portal.context import Portal
from tools.shown_city import MOMENT

LANGUAGES = ("en", "es")


@dataclass(frozen=True)
class Shown:
    """A named page, and the status it answers with."""

    name: str
    path: str
    status: int = 200


def client_of(portal: Portal) -> FlaskClient:
    """The portal's pages at the shown time."""
    return create_app(portal.settings, portal, clock=MOMENT.timestamp).server.test_client()


def shown_pages(client: FlaskClient) -> list[Shown]:
    """One of each page, for the pictures."""
    return [
        Shown("home", "/"),
        Shown("cases", "/cases?status=open"),
        Shown("cases-empty", "/cases?q=unicorn"),
        Shown("case", first_case(client, "/cases?status=closed&photo=yes")),
        Shown("place", "/places/" + first_place(client)),
        Shown("places", "/places"),
        Shown("search", "/search?q=graffiti"),
        Shown("performance", "/performance"),
        Shown("status", "/status"),
        Shown("data", "/data"),
        Shown("not-found", "/no/such/page", 404),
    ]


def states(client: FlaskClient) -> Iterator[Shown]:
    """Other states of pages: filters, orders, later pages, odd numbers and refusals."""
    place = first_place(client)
    yield from (
        Shown(
            "filter",
            f"/cases?status=open,overdue&service=pothole-repair&neighborhood={place}"
            "&start=2026-01-01&end=2026-11-01&photo=no",
        ),
        Shown("words", "/cases?q=street%20light"),
        Shown("area", "/cases?bbox=-71.08,42.33,-71.05,42.36"),
        Shown("oldest", "/cases?sort=oldest"),
        Shown("closest", "/cases?sort=closest&lat=42.34&lon=-71.06"),
        Shown("later", later_page(client)),
        Shown("case-open", first_case(client, "/cases?status=open")),
        Shown("case-in-work", first_case(client, "/cases?status=in_progress")),
        Shown("case-overdue", first_case(client, "/cases?status=overdue&sort=oldest")),
        Shown("case-unknown", "/cases/99-99999999", 404),
        Shown("case-no-number", "/cases/hello", 404),
        Shown("search-blank", "/search"),
        Shown("search-address", "/search?q=12%20adams"),
        Shown("search-typo", "/search?q=grafitti"),
        Shown("search-nothing", "/search?q=%3Cunicorn%3E%20%26"),
        *(
            Shown(f"embed-{kind}", f"/embed/{kind}?status=open")
            for kind in ("map", "list", "number")
        ),
        Shown("embed-refused", "/embed/list?status=odd", 400),
        Shown("columns", "/data/columns"),
        Shown("counting", "/data/counting"),
        Shown("changes", "/changes"),
        Shown("developers", "/developers"),
        Shown(
            "compare",
            "/performance/compare?service=pothole-repair,graffiti",
        ),
        Shown("neighborhoods", "/performance/neighborhoods"),
        Shown("briefing", "/performance/briefing"),
        Shown("report", "/performance/report/2026-10"),
        Shown("equity", "/performance/equity"),
        Shown("repeats", "/performance/repeats"),
        Shown("findings", "/performance/changes"),
        Shown("forecasts", "/performance/forecasts"),
        Shown("keys", "/developers/keys"),
        Shown("place-unknown", "/places/atlantis", 404),
        Shown("refused", "/cases?status=%3Codd%3E&start=2026-01-01", 400),
    )


def first_case(client: FlaskClient, path: str) -> str:
    """The path of the first case on a list."""
    return _first(client, path, "//article//h2//a[starts-with(@href, '/cases/')]/@href")


def first_place(client: FlaskClient) -> str:
    """The slug of the neighborhood that is listed first."""
    return _first(client, "/places", "//main//a[starts-with(@href, '/places/')]/@href").rpartition(
        "/"
    )[2]


def later_page(client: FlaskClient) -> str:
    """The path of the second page of a list."""
    return _first(client, "/cases", "//a[@rel='next']/@href")


def _first(client: FlaskClient, path: str, wanted: str) -> str:
    found = html.fromstring(client.get(path).data).xpath(wanted)
    if not found:
        raise LookupError(f"{path} has no {wanted}")
    return found[0]
