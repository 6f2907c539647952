"""Making a city's answer: the frame, the models, and keeping them.

It imports statsmodels, which takes seconds: for a process of its own (`python -m portal equity`).
"""

from __future__ import annotations

from portal.context import Portal
from portal.domain.equity import Equity, Outcome
from portal.domain.jurisdiction import Jurisdiction
from portal.equity import keep
from portal.equity.frame import find_touching, make_frame, read_tracts
from portal.equity.models import fit_samples


def make_equity(portal: Portal, city: Jurisdiction, now: int) -> Equity:
    """Make and keep a city's answer. Raises NotReady where nothing is published yet."""
    facts = portal.facts(city.id)
    with portal.public_connection() as connection:
        frame = make_frame(connection, facts, city)
        outlines = {tract.name: tract.outline for tract in read_tracts(connection, city.id)}
    equity = Equity(Outcome.NO_DEMOGRAPHICS, facts.as_of, frame)
    if frame.tracts:
        samples = fit_samples(frame, find_touching(outlines))
        outcome = Outcome.FITTED if frame.channels else Outcome.NO_CASES
        equity = Equity(outcome, facts.as_of, frame, samples)
    with portal.transaction() as connection:
        keep.save_equity(connection, city.id, equity, facts.rev, now)
    return equity
