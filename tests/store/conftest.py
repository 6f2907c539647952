"""Many cases, for query plans, and secrets where no visitor may find them."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.store.engines import optimize

CANARY = "CANARY-7f3a"
MANY = 20_000
_NUMBERS = {
    "sqlite": (
        "with recursive numbers(n) as"
        " (select 1 union all select n + 1 from numbers where n < :many)"
    ),
    "postgresql": "with numbers(n) as (select generate_series(1, :many))",
}
_SERVICES = """
insert into services (jurisdiction_id, service_id, service_code, name, slug, is_public,
    place_precision, is_shown)
"""
_SERVICE_ROWS = """
select :city, n, 'S' || n, 'Service ' || n, 'service-' || n, 1, 'exact', 1
from numbers where n <= 200
"""
_LABELS = """
insert into labels (jurisdiction_id, label_id, kind, name, slug, is_public)
"""
_LABEL_ROWS = """
select :city, n, 'neighborhood', 'Area ' || n, 'area-' || n, 1 from numbers where n <= 400
"""
_CASES = """
insert into cases (jurisdiction_id, id, case_id, source, source_id, work_order_id, visibility, rev,
    first_seen_at, source_updated_at, content_hash, status, is_open, opened_at, updated_at,
    opened_month, contradictions, service_id, neighborhood_id, lat, lon, quad, place_precision)
"""
_ROWS = """
select :city, n, 'C-' || n, 'test', 'S' || n, 'W-' || n,
    case when n % 17 = 0 then 'service' else 'public' end, n / 100 + 1, 0, 0, 'x',
    case when n % 20 = 0 then 'open' else 'closed' end, case when n % 20 = 0 then 1 else 0 end,
    1600000000 + n * 60, 0, 24000, 0, n % 50 + 1, n % 25 + 100,
    42.3 + n % 100 * 0.0005, -71.1 + n % 120 * 0.0005, n * 100000, 'exact'
from numbers
"""
_REVISION_COLUMNS = (
    "jurisdiction_id, id, rev, field, old_value, new_value, seen_at, source_updated_at"
)


@pytest.fixture
def many_cases(portal: Portal, city: Jurisdiction) -> None:
    """20,000 cases a minute apart, in 50 of 200 services and 25 of 400 neighborhoods.

    Every twentieth is open, every seventeenth private.
    """
    database = portal.core.dialect.name
    # SQLite wants WITH after INSERT INTO, PostgreSQL takes it there too.
    with portal.transaction() as connection:
        for table, rows in ((_SERVICES, _SERVICE_ROWS), (_LABELS, _LABEL_ROWS), (_CASES, _ROWS)):
            connection.execute(
                text(table + _NUMBERS[database] + rows), {"city": city.id, "many": MANY}
            )
    optimize(portal.core)


@pytest.fixture
def secrets_stored(portal: Portal, city: Jurisdiction, add_case) -> None:
    """One public case, one private, and the canary in every place that is not public."""
    add_case(
        "101",
        title="Pothole",
        note="Filled",
        photo_url=f"https://photos.example/{CANARY}",
        extra=f'{{"x": "{CANARY}"}}',
    )
    add_case(
        "102",
        visibility="reporter",
        title=CANARY,
        note=CANARY,
        address=CANARY,
        source_id=CANARY,
        content_hash=CANARY,
    )
    with portal.transaction() as connection:
        statements = (
            "insert into case_originals (jurisdiction_id, id, note)"
            " select jurisdiction_id, id, :canary from cases",
            f"insert into case_revisions ({_REVISION_COLUMNS})"
            " select jurisdiction_id, id, 1, 'note', :canary, :canary, 1, 1"
            " from cases where visibility <> 'public'",
            f"insert into case_revisions ({_REVISION_COLUMNS})"
            " select jurisdiction_id, id, 1, 'content_hash', :canary, :canary, 1, 1"
            " from cases where visibility = 'public'",
            "insert into quarantine (jurisdiction_id, source, raw_hash, source_id, reason,"
            " message, raw, first_seen_at, last_seen_at)"
            " values (:city, 'test', :canary, :canary, 'bad_time', :canary, :canary, 1, 1)",
            "insert into leases (jurisdiction_id, name, token, holder, expires_at)"
            " values (:city, 'sync', :canary, :canary, 1)",
            "insert into sync_cursors (jurisdiction_id, source, cursor, moved_at)"
            " values (:city, 'test', :canary, 1)",
            "insert into sync_runs (jurisdiction_id, sync_run_id, source, state, started_at, read,"
            " new, changed, unchanged, quarantined, message)"
            " values (:city, 1, 'test', 'failed', 1, 0, 0, 0, 0, 0, :canary)",
        )
        for statement in statements:
            connection.execute(text(statement), {"city": city.id, "canary": CANARY})
