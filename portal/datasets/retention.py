"""Which versions' files are kept: all of the last days, then the first of each month.

The manifests stay, so the chain is whole whatever is no longer kept.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from portal.datasets.index import Index, Version

KEPT_SQLITE = 3
"""SQLite files take ten times the room of Parquet: only the newest versions have them."""
SQLITE = ("cases.sqlite",)


def expire(index: Index, days: int, today: date) -> Index:
    """The index with the versions that are too old marked so, and their files no longer named."""
    names = [name for name in index.names() if _is_kept_anywhere(index, name)]
    since = today - timedelta(days=days)
    kept = {name for name in names if day_of(name) >= since} | set(_firsts_of_months(names))
    with_sqlite = set(names[-KEPT_SQLITE:])
    changed = (_expire(version, kept, with_sqlite) for version in index.versions)
    return replace(index, versions=tuple(changed))


def day_of(version: str) -> date:
    """The day a version is named by."""
    return date.fromisoformat(version[:10])


def _is_kept_anywhere(index: Index, name: str) -> bool:
    return any(v.version == name and v.state != "expired" for v in index.versions)


def _firsts_of_months(names: list[str]) -> list[str]:
    firsts: dict[str, str] = {}
    for name in names:
        firsts.setdefault(name[:7], name)
    return list(firsts.values())


def _expire(version: Version, kept: set[str], with_sqlite: set[str]) -> Version:
    if version.version not in kept:
        return replace(version, state="expired")
    if version.dataset == "cases" and version.version not in with_sqlite:
        return replace(version, dropped=SQLITE)
    return version
