"""The types of case that public cases have, as programs name them."""

from __future__ import annotations

from portal.facts.reader import Facts


def list_service_words(facts: Facts) -> list[dict[str, str | None]]:
    """Code, name, slug and group of every type, by name. Source: the city's own words."""
    rows = facts.rows("select service_code, name, slug, group_name from services order by 2, 1")
    return [
        {"service_code": code, "service": name, "slug": slug, "service_group": group or None}
        for code, name, slug, group in rows
    ]
