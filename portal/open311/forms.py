"""What a request brings by Open311's names: its form's fields and answers; a page's totals."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from urllib.parse import urlencode

from flask import request

from portal.errors import BadCall

ATTRIBUTE = re.compile(r"attribute\[([^\[\]]{1,100})\](?:\[\])?")
"""A field that answers a question of the type: attribute[CODE], attribute[CODE][] for several."""


def read_fields(longest: Mapping[str, int]) -> dict[str, str]:
    """The form's fields; empty ones count as absent. Raises BadCall if one is too long."""
    fields = {name: value.strip() for name, value in request.form.items() if value.strip()}
    for name, most in longest.items():
        if len(fields.get(name, "")) > most:
            raise BadCall(
                "{name} has {count:,} characters; at most {most:,}.",
                name=name,
                count=len(fields[name]),
                most=most,
            )
    return fields


def read_answers() -> dict[str, list[str]]:
    """The fields attribute[CODE] and attribute[CODE][]."""
    found: dict[str, list[str]] = {}
    for name, values in request.form.lists():
        if match := ATTRIBUTE.fullmatch(name):
            found.setdefault(match[1], []).extend(
                value.strip() for value in values if value.strip()
            )
    return found


def total_headers(site: str, total: int, page: int, page_size: int) -> dict[str, str]:
    """How many there are on all pages, and the address of the next page if there is one."""
    pages = math.ceil(total / page_size)
    headers = {"X-Result-Count": str(total), "X-Page-Count": str(pages)}
    if page < pages:
        kept = [
            (name, value)
            for name, value in request.args.items(multi=True)
            if name not in ("page", "api_key")
        ]
        query = urlencode([*kept, ("page", page + 1)])
        headers["X-Next-Page-URL"] = f"{site}{request.path}?{query}"
    return headers
