"""What changed in an invented city: one finding of each kind, for the page and its file."""

from __future__ import annotations

from portal.domain.findings import Check, Drift, Findings, Name, Outcome, Shares, Silence, Surge
from tests.conftest import NOW

POTHOLE, LIGHT = Name("pothole", "Pothole"), Name("street-light", "=Street Light")
ROXBURY, DORCHESTER = Name("roxbury", "Roxbury"), Name("dorchester", "Dorchester")
WEEKS = (10,) * 13 + (42,)
SURGE = Surge(
    POTHOLE, (ROXBURY,), False, 42, 10.4, 31, 30.2, None, False, 0.02,
    "2026-11-16", "2026-11-22", WEEKS,
)  # fmt: skip
SILENCE = Silence(
    LIGHT, (ROXBURY,), False, 2, 9.6, "2026-08-17", "2026-11-08", 120, 40, 44.5, 0.03,
    (*WEEKS[:12], 0, 0),
)  # fmt: skip
DRIFT = Drift(
    POTHOLE, DORCHESTER, False, 3, "2026-10-05", "2026-11-15", 61,
    Shares(0.78, 0.75), Shares(0.41, 0.77), 0.01,
    (Shares(0.78, 0.75), None, Shares(0.41, 0.77)), ("2026-09-07", "2026-10-05", "2026-11-02"),
)  # fmt: skip
FOUND = Findings(
    Outcome.LOOKED_AT, int(NOW.timestamp()), "2026-11-16", "2026-11-22", 13, 13, 900, 700, 50,
    (SURGE,), Check(12, 0.09), (SILENCE,), Check(12, 0.1), (DRIFT,), Check(8, 0.11),
)  # fmt: skip
