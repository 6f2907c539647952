"""What the public engine can read: these views and nothing else. The database enforces it.

No view contains a case that is not public, an original text, an e-mail address, a raw row in
quarantine, or the message of a failed run, which may quote one.
"""

from __future__ import annotations

PUBLIC = "visibility = 'public'"

CASE_COLUMNS = (
    "jurisdiction_id", "id", "case_id", "work_order_id", "first_seen_at",
    "status", "is_open", "city_status", "opened_at", "closed_at", "target_at", "updated_at",
    "opened_month", "closed_month", "days_open", "close_provenance", "city_on_time",
    "contradictions", "day_only", "service_id", "department_id", "queue_id", "channel_id",
    "neighborhood_id", "city_neighborhood_id", "polygon_neighborhood_id",
    "district_id", "city_district_id", "polygon_district_id", "tract_id", "ward_id",
    "title", "address", "zipcode", "lat", "lon", "quad", "place_precision",
    "note", "closure_reason", "hidden", "followers",
)  # fmt: skip

PUBLISHED_FIELDS = (
    "status", "city_status", "opened_at", "closed_at", "target_at", "service", "department",
    "queue", "channel", "neighborhood", "district", "ward", "title", "address", "zipcode",
    "lat", "lon", "note", "closure_reason", "hidden", "photo", "closed_photo", "city_on_time",
    "close_provenance", "contradictions", "visibility",
)  # fmt: skip
"""Fields whose changes are public. A revision has the published place and texts, as `cases` has."""

# The URL itself, on another host, stays with us: no browser is ever sent there.
_HAS_PHOTO = (
    "case when photo_url is not null or closed_photo_url is not null then 1 else 0 end as has_photo"
)

# A photo that the city has changed or removed is gone at once. If a case's place is not shown
# exactly, its photos are left out: they could show the house.
_SHOWN_PHOTO = (
    f"p.state = 'ready' and c.{PUBLIC} and c.place_precision = 'exact' and (p.source_url is null"
    " or p.source_url = case p.kind when 'before' then c.photo_url else c.closed_photo_url end)"
)

# A row about a case that is not public counts nowhere: the city's own case, or a report of ours
# that the city sends back under its own number.
_HIDDEN_CASE = (
    "select 1 from cases c where c.jurisdiction_id = q.jurisdiction_id and c.source = q.source"
    f" and c.source_id = q.source_id and not c.{PUBLIC}"
)
_HIDDEN_REPORT = (
    "select 1 from cases c where c.jurisdiction_id = q.jurisdiction_id and c.source = 'portal'"
    f" and c.work_order_id = q.source_id and not c.{PUBLIC}"
)

# A city names a parent by its own number. For a case reported here that is not the case's number.
_PARENT = (
    "select c.jurisdiction_id, c.id, p.id as parent_id from cases c"
    " join cases p on p.jurisdiction_id = c.jurisdiction_id"
)
_BOTH_PUBLIC = f"where c.{PUBLIC} and p.{PUBLIC} and c.parent_case_id is not null and p.id <> c.id"

VIEWS: dict[str, str] = {
    "public_cases": f"select {', '.join(CASE_COLUMNS)}, {_HAS_PHOTO} from cases where {PUBLIC}",
    "public_case_revisions": (
        "select r.jurisdiction_id, r.id, r.rev, r.field, r.old_value, r.new_value, r.seen_at,"
        " r.source_updated_at from case_revisions r"
        " join cases c on c.jurisdiction_id = r.jurisdiction_id and c.id = r.id"
        f" where c.{PUBLIC}"
        f" and r.field in ({', '.join(repr(field) for field in PUBLISHED_FIELDS)})"
    ),
    "public_case_notes": (
        "select n.jurisdiction_id, n.case_key, n.number, n.kind, n.said_at, n.words"
        " from case_notes n join cases c on c.jurisdiction_id = n.jurisdiction_id"
        f" and c.id = n.case_key where c.{PUBLIC} and n.words <> ''"
    ),
    "public_photos": (
        "select p.jurisdiction_id, p.name, p.case_key, p.kind, p.width, p.height, p.taken_at"
        " from photos p join cases c on c.jurisdiction_id = p.jurisdiction_id"
        f" and c.id = p.case_key where {_SHOWN_PHOTO}"
    ),
    "public_case_parents": (
        f"{_PARENT} and p.case_id = c.parent_case_id {_BOTH_PUBLIC}"
        f" union all {_PARENT} and p.work_order_id = c.parent_case_id and p.source = 'portal'"
        f" {_BOTH_PUBLIC} and not exists (select 1 from cases o"
        " where o.jurisdiction_id = c.jurisdiction_id and o.case_id = c.parent_case_id"
        f" and o.{PUBLIC})"
    ),
    "public_reports": (
        "select r.jurisdiction_id, r.case_key, r.sent_at"
        " from reports r join cases c on c.jurisdiction_id = r.jurisdiction_id"
        f" and c.id = r.case_key where c.{PUBLIC}"
    ),
    "public_services": (
        "select jurisdiction_id, service_id, service_code, name, slug, group_name, place_precision"
        " from services where is_public = 1 and is_shown = 1"
    ),
    "public_service_definitions": (
        "select jurisdiction_id, service_code, name, group_name, description, keywords, questions"
        " from service_definitions"
    ),
    "public_labels": (
        "select jurisdiction_id, label_id, kind, name, slug from labels where is_public = 1"
    ),
    "public_boundaries": "select jurisdiction_id, label_id, kind, geometry from boundaries",
    "public_tract_measures": "select jurisdiction_id, label_id, measure, value from tract_measures",
    "public_fitted_models": (
        "select jurisdiction_id, name, rev, made_at, answer from fitted_models"
    ),
    "public_data_versions": (
        "select jurisdiction_id, public_rev as rev, public_changed_at as changed_at"
        " from data_versions"
    ),
    "public_sync_runs": (
        "select jurisdiction_id, sync_run_id, source, state, started_at, finished_at, read, new,"
        " changed, unchanged, quarantined, newest_source_at, notes from sync_runs"
    ),
    "public_sync_cursors": ("select jurisdiction_id, source, newest_source_at from sync_cursors"),
    "public_quarantine_counts": (
        'select jurisdiction_id, source, reason, count(*) as "rows",'
        " min(first_seen_at) as first_seen_at, max(last_seen_at) as last_seen_at"
        f" from quarantine q where resolved_at is null and not exists ({_HIDDEN_CASE})"
        f" and not exists ({_HIDDEN_REPORT})"
        " group by jurisdiction_id, source, reason"
    ),
}
