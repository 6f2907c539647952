"""Everything that a stranger can read of a portal: the answers its links lead to, byte by byte.

before = crawl(client_of(portal), SEEDS)
…
assert differing(before, crawl(client_of(portal), SEEDS)) == []
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urljoin, urlsplit

from flask.testing import FlaskClient
from lxml import etree, html
from werkzeug.exceptions import NotFound

from app import create_app
from portal.context import Portal
from portal.domain.published_datasets import DATASETS
from portal.publication.formats import FORMATS
from tests.conftest import NOW

PHOTO = "0123456789abcdef" * 2
"""The name of a public case's photo."""
MOST_ANSWERS = 2_000


def client_of(portal: Portal) -> FlaskClient:
    """A visitor of the portal, for whom it is always NOW."""
    return create_app(portal.settings, portal, clock=NOW.timestamp).server.test_client()


Answer = tuple[int, dict[str, str], bytes]
DRAWN_BY_LOT = re.compile(
    rb'(name="(?:key|began)" value="|"(?:salt|challenge|signature)": ?")[^"]*'
)
"""Each visit gets its own form key and sum, and a sealed time of its start."""


def crawl(client: FlaskClient, seeds: set[str]) -> dict[str, Answer]:
    """Every answer that the seeds lead to, by links, sources and the addresses in sitemaps."""
    return dict(walk(client, seeds))


def walk(client: FlaskClient, seeds: set[str]) -> Iterator[tuple[str, Answer]]:
    """The same one after another, for those who stop at what they look for."""
    waiting, asked = sorted(seeds), set()
    while waiting:
        path = waiting.pop()
        if path in asked:
            continue
        asked.add(path)
        answer = ask(client, path)
        yield path, answer
        assert len(asked) < MOST_ANSWERS, "the crawl does not end"
        waiting += sorted(followed(path, *answer[1:]) - asked)


def ask(client: FlaskClient, path: str) -> Answer:
    """An answer with all of its headers; only what is drawn by lot for each visit is left out."""
    answer = client.get(path)
    body = DRAWN_BY_LOT.sub(rb"\1", answer.data)
    left_out = {"Date", *(["Content-Length"] if body != answer.data else [])}
    headers = {name: value for name, value in answer.headers if name not in left_out}
    return answer.status_code, headers, body


def followed(path: str, headers: dict[str, str], body: bytes) -> set[str]:
    kind = headers.get("Content-Type", "")
    if "html" in kind:
        root = html.fromstring(body) if body.strip() else html.Element("p")
        found = list(root.xpath("//@href | //@src | //meta[@property='og:image']/@content"))
    elif "/xml" in kind or "+xml" in kind and "svg" not in kind:
        found = etree.fromstring(body).xpath("//*[local-name() = 'loc']/text() | //@href")
    else:
        return set()
    return {address for link in found if (address := on_this_site(path, str(link)))}


def on_this_site(path: str, link: str) -> str | None:
    whole = urlsplit(urljoin(f"http://127.0.0.1:8050{path}", link))
    if (
        whole.netloc != "127.0.0.1:8050"
        or "{" in whole.path
        or whole.path.startswith(("/assets/", "/_dash-component"))
        or (whole.path.startswith("/cases.") and whole.query)  # a part of the file of all cases
        or (whole.path == "/performance" and "&" in whole.query)  # a part of a part
        or (whole.path.startswith("/performance/briefing") and whole.query)  # another week
        or (path.startswith("/performance") and "start=" in whole.query)  # its cases, by their days
    ):
        return None
    return whole.path + (f"?{whole.query}" if whole.query else "")


TILES = [
    f"/tiles/{z}/{x}/{y}.json"
    for z, x, y in (
        (0, 0, 0),
        (10, 309, 379),
        (12, 1239, 1516),
        (14, 4957, 6064),
        (16, 19830, 24257),
    )
]
CASE_ADDRESSES = ("", "/popup", "/card.png", "/follow")
OPEN311 = (
    "discovery", "services", "services/Pothole", "services/needle", "requests", "requests/101",
    "requests/999", "tokens/101", "tokens/999", "servicerequestupdates",
)  # fmt: skip
HISTORY_ADDRESSES = ("/history.csv", "/history.json", "?as_of=2026-11-23")
SEEDS = {
    "/", "/cases", "/search", "/search?q=pothole", "/places", "/status", "/report",
    "/data", "/data/columns", "/data/counting", "/data/chain", "/developers",
    "/report/pin", "/robots.txt", "/sitemap.xml",
    "/report/offline", "/report/sum.json", "/offline", "/service-worker.js",
    "/sitemaps/pages.xml", "/sitemaps/cases-0.xml", "/manifest.webmanifest", "/healthz",
    "/readyz", "/version.json", "/_dash-layout",
    "/_dash-dependencies", *TILES, *(f"{tile}?status=open" for tile in TILES),
    "/cases?status=closed&sort=oldest", "/cases?photo=yes",
    *(f"/areas/{kind}.json" for kind in ("neighborhood", "district", "tract")),
    *(f"/cases/{number}{end}" for number in (101, 102, 103, 104, 105) for end in CASE_ADDRESSES),
    *(f"/photos/{PHOTO}-{side}.webp" for side in (144, 800, 1600)),
    *(f"/cases.{name}" for name in (*FORMATS, "meta.json")),
    *(f"/open311/v2/{path}{end}" for path in OPEN311 for end in (".json", ".xml", ".json/")),
    "/open311/v2/requests.json?extensions=true&updated_after=2026-01-01T00:00:00Z",
    "/open311/v2/servicerequestupdates.json?start_date=2026-11-01", "/open311/v2/nothing",
    "/open311/v2", "/open311/v2/",
    *(f"/embed/{kind}" for kind in ("map", "list", "number")), "/embed/list?status=open",
    *(f"/api/v1/{name}" for name in ("cases", "revisions", "services", "places", "openapi.json")),
    *(f"/api/v1/cases/{number}{end}" for number in (101, 102) for end in ("", "/revisions")),
    "/api/v1/cases?format=geojson&limit=2", "/api/v1/cases?photo=no&sort=followed",
    "/api/v1/counts?group_by=service,neighborhood", "/api/v1/counts?group_by=opened_month,status",
    "/data/manifest.json", "/data/datapackage.json", "/data/data.json", "/data/chain.json",
    *(f"/data/chain/{n}.json" for n in (1, 5)),
    "/api/v1/changes", "/api/v1/datasets",
    *(f"/data/{name}/2026-11-23/{file}" for name in DATASETS for file in
      ("manifest.json", f"{name}.parquet", f"{name}.csv.gz")),
    *(f"/data/cases/2026-11-23/{file}" for file in
      ("cases-2026.parquet", "cases-2026.csv.gz", "cases.sqlite", "metadata.json")),
    "/data/cases/latest/cases.parquet",
    "/changes", "/changes.atom", "/changes.atom?service=pothole", "/changes/2026-11-23",
    "/changes/2026-11-23/new", "/changes/2026-11-22", "/cases?as_of=2026-11-23",
    "/cases?as_of=2026-11-22", "/places?as_of=2026-11-23", "/places/roxbury?as_of=2026-11-23",
    *(f"/cases/{number}{end}" for number in (101, 102, 103) for end in HISTORY_ADDRESSES),
    "/favicon.ico", "/staff", "/staff/sign-in", "/staff/outbox", "/staff/audit",
    "/developers/keys",
    "/performance", "/performance/neighborhoods/roxbury", "/performance/equity",
    *(f"/performance/{kind}" for kind in ("districts", "neighborhoods", "departments", "services")),
    "/performance/compare", "/performance/compare?neighborhood=roxbury,dorchester",
    "/performance/compare.csv?neighborhood=roxbury,dorchester",
    "/performance/briefing", "/performance/briefing?week=2026-W47",
    "/performance/briefing/3",
    "/performance/report", *(f"/performance/report/2026-11{end}" for end in ("", ".csv", ".xlsx")),
    *(f"/performance/{name}{end}" for name in ("forecasts", "repeats") for end in ("", ".csv")),
    *(f"/performance/equity.{name}" for name in ("csv", "py", "R")),
    "/performance/changes", "/performance/changes.csv",
}  # fmt: skip
"""An address of every route that answers a GET; a test below fails if a new route has none."""


def routes_without(addresses: set[str], portal: Portal) -> set[str]:
    """The rules of routes that answer a GET of a stranger's and that no address here begins at."""
    server = create_app(portal.settings, portal).server
    gets = [rule for rule in server.url_map.iter_rules() if "GET" in (rule.methods or ())]
    assets = ("/assets/", "/_assets/", "/_dash-component-suites/")
    private_links = ("/mine/", "/following/", "/report/photos/", "/developers/keys/")
    drawn_by_lot = ("/report/sum.json",)  # another sum each time, made without the store
    mapped = server.url_map.bind("127.0.0.1")
    begun = set()
    for address in addresses:
        with suppress(NotFound):
            path = urlsplit(address).path
            begun.add(mapped.match(path, method="GET", return_rule=True)[0].rule)
    apart = (*assets, *private_links, *drawn_by_lot)
    return {rule.rule for rule in gets if not rule.rule.startswith(apart)} - begun


def differing(some: dict[str, Answer], others: dict[str, Answer]) -> list[str]:
    """Addresses whose answers are not the same in both."""
    return sorted(
        path for path in some.keys() | others.keys() if some.get(path) != others.get(path)
    )
