"""Everything that a stranger can send to a portal about a case, and what they are answered.

for path, way in posts_about(client, "K7DX0A4QPM"):
    answer = send(client, path, way)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from flask.testing import FlaskClient

from layouts.shared import ids
from tests.support.crawl import CASE_ADDRESSES, DRAWN_BY_LOT

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}
FIRST = (("note", "next"),)
ACTIONS = (*FIRST, ("withdraw", "find"), ("private", ""), ("confirm", "next"), ("stop", ""))
"""What the buttons of residents' pages and of the form say."""
NAMES = ("note", "number", "case", "case_id", "q", "place", "token", "key")
Sent = tuple[str, dict[str, Any]]
Answer = tuple[int, list[tuple[str, str]], bytes]


def posts_about(
    client: FlaskClient, number: str, actions: tuple[tuple[str, str], ...] = FIRST, **fields: str
) -> Iterator[Sent]:
    """An address and what is sent to it: to each route that takes a POST, and to a case's pages.

    The number stands in every field that any of the forms has.
    """
    filled = dict.fromkeys(NAMES, number) | {"email": "bo@example.org", "sure": "yes"} | fields
    for path in sorted(_paths(client)):
        address = re.sub("<[^>]+>", number, path)
        for do, go in actions:
            yield address, {"data": filled | {"do": do, "go": go, "step": "similar"}}
        yield address, {"json": filled}
    for page in (f"/cases/{number}", f"/cases?q={number}", f"/search?q={number}"):
        yield "/_dash-update-component", {"json": _ask_for_map(page)}


def send(client: FlaskClient, path: str, way: dict[str, Any]) -> Answer:
    """The answer without what is drawn by lot for each visit."""
    answer = client.post(path, headers=SAME_SITE, **way)
    body = DRAWN_BY_LOT.sub(rb"\1", answer.data)
    left_out = ("Date", "Content-Length", "Set-Cookie")
    return answer.status_code, [pair for pair in answer.headers if pair[0] not in left_out], body


def _paths(client: FlaskClient) -> set[str]:
    rules = client.application.url_map.iter_rules()
    paths = {rule.rule for rule in rules if "POST" in (rule.methods or ())}
    paths |= {f"/cases/<case_id>{end}" for end in CASE_ADDRESSES}
    return paths - {"/staff/sign-in"}  # which is slow, and names no case


def _ask_for_map(page: str) -> dict[str, Any]:
    """What Dash's script sends to draw the live map of a page."""
    address = {"id": ids.page.ADDRESS, "property": "data-address"}
    island = {"id": ids.page.ISLAND, "property": "children"}
    return {
        "output": f"{ids.page.ISLAND}.children",
        "outputs": island,
        "inputs": [address | {"value": page}],
        "state": [],
        "changedPropIds": [f"{ids.page.ADDRESS}.data-address"],
    }
