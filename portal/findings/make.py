"""Finding what changed in a city, and keeping it for the page.

It imports scipy: for a process of its own (`python -m portal findings`).
"""

from __future__ import annotations

from datetime import timedelta

from portal.context import Portal
from portal.domain.findings import LEAST_WEEKS, Findings, Outcome
from portal.domain.jurisdiction import Jurisdiction
from portal.facts.reader import Facts
from portal.findings import keep
from portal.findings.drifts import find_drifts
from portal.findings.shuffling import DRAWS
from portal.findings.silences import find_silences
from portal.findings.surges import choose_series, find_surges
from portal.findings.weeks import Weeks, read_weeks


def make_findings(portal: Portal, city: Jurisdiction, now: int) -> Findings:
    """Make and keep a city's answer. Raises NotReady where nothing is published yet."""
    facts = portal.facts(city.id)
    findings = find_changes(facts, city)
    with portal.transaction() as connection:
        keep.save_findings(connection, city.id, findings, facts.rev, now)
    return findings


def find_changes(facts: Facts, city: Jurisdiction, draws: int = DRAWS) -> Findings:
    """What changed in the public cases of a city. `draws`: how often weeks are shuffled."""
    weeks = read_weeks(facts, city.zone)
    if weeks is None:
        return Findings(Outcome.NO_CASES, facts.as_of)
    if weeks.known + 1 < LEAST_WEEKS:
        return Findings(Outcome.TOO_FEW_WEEKS, facts.as_of)
    surges, surges_check = find_surges(facts, weeks, draws)
    silences, silences_check = find_silences(facts, weeks, draws)
    drifts, drifts_check = find_drifts(facts, weeks, city.zone, draws)
    end = weeks.mondays[-1]
    return Findings(
        Outcome.LOOKED_AT,
        facts.as_of,
        (end - timedelta(weeks=1)).isoformat(),
        (end - timedelta(days=1)).isoformat(),
        weeks.width - 1,
        weeks.known,
        *_count_cases(weeks),
        surges,
        surges_check,
        silences,
        silences_check,
        drifts,
        drifts_check,
    )


def _count_cases(weeks: Weeks) -> tuple[int, int, int]:
    """All cases of the compared weeks, those in series, and those in no neighborhood."""
    placed = int(weeks.counts[:, -weeks.width :].sum())
    others = sum(int(row[-weeks.width :].sum()) for row in weeks.in_no_neighborhood.values())
    return placed + others, int(choose_series(weeks).counts.sum()), others
