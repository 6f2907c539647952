"""Two to six areas, departments, types or periods side by side, pooled and with the same mix.

    groups = [Asked("roxbury", "Roxbury", selection), …]
    found = read_comparison(facts, groups, "service")
    found.groups[0].pooled, found.groups[0].same_mix

Read from the facts: public cases only. docs/metrics.md explains the numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

from portal.domain.intervals import FEW_CASES
from portal.domain.same_mix import Share, share_by, with_same_mix
from portal.facts.reader import Facts
from portal.filter_sql import Selection
from portal.queries.performance.cohorts import Cohort, read_cohorts

DAYS = 30
"""Shares closed are by the end of so many days."""
LEAST_OF_A_KIND = 10
"""A kind is in the common mix if each group has so many cases of it."""
LEAST_COVERED = 0.5
"""The common mix must have so large a share of each group's cases."""


@dataclass(frozen=True)
class Asked:
    """One of the things to compare."""

    slug: str
    name: str
    selection: Selection


@dataclass(frozen=True)
class Group:
    """One of them: its cases, and its cases by kind (by slug).

    `pooled` is the share closed within DAYS of all its cases, `same_mix` that with the common mix;
    None where there are too few. `covered`: the share of its cases that are of common kinds.
    """

    slug: str
    name: str
    cases: Cohort
    kinds: dict[str, Cohort]
    pooled: Share | None
    same_mix: Share | None
    covered: float

    def share_of_kind(self, kind: str) -> Share | None:
        """The share of a kind's cases closed within DAYS; None with fewer than LEAST_OF_A_KIND."""
        cohort = self.kinds.get(kind)
        return share_closed(cohort, LEAST_OF_A_KIND) if cohort else None


@dataclass(frozen=True)
class Reversal:
    """Pooled, `ahead` closes more within DAYS than `behind`; with the same mix, fewer.

    `in_every_kind`: fewer in each of the common kinds.
    """

    ahead: Group
    behind: Group
    in_every_kind: bool


@dataclass(frozen=True)
class Comparison:
    """The groups in the order asked; `common`: slug and name of the kinds that all have."""

    groups: tuple[Group, ...]
    common: tuple[tuple[str, str], ...]
    as_of: int

    @property
    def reversals(self) -> list[Reversal]:
        """Pairs in which mix alone makes one look better, beyond chance both ways (Simpson)."""
        return [
            Reversal(a, b, self._is_behind_in_all(a, b))
            for a, b in permutations(self.groups, 2)
            if _is_ahead(a.pooled, b.pooled) and _is_ahead(b.same_mix, a.same_mix)
        ]

    def _is_behind_in_all(self, a: Group, b: Group) -> bool:
        pairs = [(a.share_of_kind(slug), b.share_of_kind(slug)) for slug, _ in self.common]
        return all(one and other and one.value < other.value for one, other in pairs)


def share_closed(cohort: Cohort, least: int = FEW_CASES) -> Share | None:
    """The share closed within DAYS; None with fewer than `least` cases, or of none so old."""
    if sum(cohort.ended.values()) + sum(cohort.not_ended.values()) < least:
        return None
    return share_by(cohort.ended, cohort.not_ended, DAYS)


def read_comparison(facts: Facts, asked: Sequence[Asked], mix: str) -> Comparison:
    """The groups of the selections; `mix` names the field (service…) of what they consist of."""
    read = [(one, *_read(facts, one.selection, mix)) for one in asked]
    common = _find_common([kinds for _one, _cases, kinds in read])
    weights = {slug: float(sum(kinds[slug].opened for *_, kinds in read)) for slug, _ in common}
    groups = tuple(_make_group(one, cases, kinds, weights) for one, cases, kinds in read)
    return Comparison(groups, common, facts.as_of)


def _read(facts: Facts, selection: Selection, mix: str) -> tuple[Cohort, dict[str, Cohort]]:
    (cases,) = read_cohorts(facts, selection)
    return cases, {one.slug: one for one in read_cohorts(facts, selection, mix) if one.slug}


def _find_common(groups: list[dict[str, Cohort]]) -> tuple[tuple[str, str], ...]:
    """The kinds of which every group has enough, those with the most cases first."""
    first, *others = groups
    common = [
        (sum(kinds[slug].opened for kinds in groups), slug, one.name or "")
        for slug, one in first.items()
        if all(slug in kinds for kinds in others)
        and all(share_closed(kinds[slug], LEAST_OF_A_KIND) for kinds in groups)
    ]
    return tuple((slug, name) for _cases, slug, name in sorted(common, reverse=True))


def _make_group(
    asked: Asked, cases: Cohort, kinds: dict[str, Cohort], weights: dict[str, float]
) -> Group:
    shares = {slug: share_closed(kinds[slug], LEAST_OF_A_KIND) for slug in weights}
    covered = sum(kinds[slug].opened for slug in weights) / cases.opened if cases.opened else 0.0
    pooled = share_closed(cases)
    same_mix = None
    if pooled and covered >= LEAST_COVERED:
        same_mix = with_same_mix({s: share for s, share in shares.items() if share}, weights)
    return Group(asked.slug, asked.name, cases, kinds, pooled, same_mix, covered)


def _is_ahead(one: Share | None, other: Share | None) -> bool:
    return bool(one and other and one.value > other.value and one.differs_from(other))
