"""The city's words for the slugs in a filter, and words like those it does not have.

names_in_filter(facts, filter of ?service=pothole)       {"pothole": "Pothole"}
similar_filters(facts, filter of ?service=pothol)        (("Pothole", that filter),)
"""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches

from portal.domain.filters import CaseFilter
from portal.facts.reader import Facts
from portal.filter_sql import SLUG_FIELDS

SUGGESTIONS = 4


def names_in_filter(facts: Facts, case_filter: CaseFilter) -> dict[str, str]:
    """Slug → the city's name, for each slug of the filter that the city has."""
    return {
        word.slug: word.name
        for field in SLUG_FIELDS
        for word in facts.words(field).values()
        if word.slug in getattr(case_filter, field)
    }


def named_choices(facts: Facts, kind: str) -> tuple[tuple[str, str], ...]:
    """Slug and name of every word of a kind, such as service, in the order of their names."""
    words = facts.words(kind).values()
    return tuple(sorted(((word.slug, word.name) for word in words), key=lambda one: one[1]))


def similar_filters(facts: Facts, case_filter: CaseFilter) -> tuple[tuple[str, CaseFilter], ...]:
    """Up to four names like the filter's first unknown slug, each with the filter that has it.

    Empty where the city knows every slug of the filter, or nothing is like the unknown one.
    """
    for field in SLUG_FIELDS:
        names = {word.slug: word.name for word in facts.words(field).values()}
        slugs = getattr(case_filter, field)
        unknown = next((slug for slug in slugs if slug not in names), None)
        if unknown:
            others = {*slugs} - {unknown}
            return tuple(
                (names[slug], replace(case_filter, **{field: tuple(sorted(others | {slug}))}))
                for slug in get_close_matches(unknown, names, n=SUGGESTIONS)
            )
    return ()
