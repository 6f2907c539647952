"""The store's tables at the first release, by topic. docs/store.md says what each of them holds.

Revisions 0001 to 0016 built the same tables step by step and were never released. What happens to
a store that one of them made is in portal/migrations/unreleased.py.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_cases()
    _create_case_history()
    _create_photos()
    _create_case_ids()
    _create_search()
    _create_vocabulary()
    _create_service_definitions()
    _create_data_versions()
    _create_sync_runs()
    _create_quarantine()
    _create_reports()
    _create_outbox()
    _create_followers()
    _create_alerts()
    _create_staff()
    _create_audit()
    _create_limits()
    op.create_table("view_version", _text("checksum"))


# Cases


def _create_cases() -> None:
    columns = [
        *_list_source_columns(),
        *_list_status_columns(),
        *_list_vocabulary_columns(),
        *_list_text_and_place_columns(),
        _text("extra", null=True),
        _text("parent_case_id", null=True),
        _integer("followers", default="0"),
    ]
    _create_table("cases", ["id"], columns, unique=[["source", "source_id"]])
    _create_index("cases", "case_id", ["case_id"])
    _create_index("cases", "feed", ["opened_at", "id"])
    _create_index("cases", "open", ["opened_at", "id"], where="is_open = 1")
    _create_index("cases", "service", ["service_id", "opened_at", "id"])
    _create_index("cases", "neighborhood", ["neighborhood_id", "opened_at", "id"])
    _create_index("cases", "nearby", ["service_id", "quad"], where="is_open = 1")
    _create_index("cases", "work_order", ["work_order_id"], where="work_order_id is not null")
    _create_index("cases", "parent", ["parent_case_id"], where="parent_case_id is not null")
    _create_index("cases", "rev", ["rev"])


def _list_source_columns() -> list[sa.Column]:
    return [
        _bigint("id"),
        _text("case_id"),
        _text("source"),
        _text("source_id"),
        _text("work_order_id", null=True),
        _text("visibility"),
        _bigint("rev"),
        _bigint("first_seen_at"),
        _bigint("source_updated_at"),
        _text("content_hash"),
    ]


def _list_status_columns() -> list[sa.Column]:
    return [
        _text("status"),
        _smallint("is_open"),
        _text("city_status", null=True),
        _bigint("opened_at"),
        _bigint("closed_at", null=True),
        _bigint("target_at", null=True),
        _bigint("updated_at"),
        _integer("opened_month"),
        _integer("closed_month", null=True),
        _integer("days_open", null=True),
        _text("close_provenance", null=True),
        _smallint("city_on_time", null=True),
        _smallint("contradictions"),
    ]


def _list_vocabulary_columns() -> list[sa.Column]:
    return [
        _integer("service_id"),
        _integer("department_id", null=True),
        _integer("queue_id", null=True),
        _integer("channel_id", null=True),
        _integer("neighborhood_id", null=True),
        _integer("city_neighborhood_id", null=True),
        _integer("polygon_neighborhood_id", null=True),
        _integer("district_id", null=True),
        _integer("city_district_id", null=True),
        _integer("polygon_district_id", null=True),
        _integer("tract_id", null=True),
        _integer("ward_id", null=True),
    ]


def _list_text_and_place_columns() -> list[sa.Column]:
    return [
        _text("title", null=True),
        _text("address", null=True),
        _text("zipcode", null=True),
        _double("lat", null=True),
        _double("lon", null=True),
        _bigint("quad", null=True),
        _text("place_precision"),
        _text("note", null=True),
        _text("closure_reason", null=True),
        _text("hidden", null=True),
        _text("photo_url", null=True),
        _text("closed_photo_url", null=True),
    ]


def _create_case_history() -> None:
    originals = [
        _bigint("id"),
        _text("title", null=True),
        _text("address", null=True),
        _text("zipcode", null=True),
        _double("lat", null=True),
        _double("lon", null=True),
        _text("note", null=True),
        _text("closure_reason", null=True),
    ]
    revisions = [
        _bigint("id"),
        _bigint("rev"),
        _text("field"),
        _text("old_value", null=True),
        _text("new_value", null=True),
        _bigint("seen_at"),
        _bigint("source_updated_at"),
        _bigint("sync_run_id", null=True),
    ]
    _create_table("case_originals", ["id"], originals)
    _create_table("case_revisions", ["id", "rev", "field"], revisions)
    _create_index("case_revisions", "seen", ["seen_at"])


def _create_photos() -> None:
    columns = [
        _text("name"),
        _bigint("case_key", null=True),
        _text("kind"),
        _text("state"),
        _text("reason", null=True),
        _text("source_url", null=True),
        _text("source_hash", null=True),
        _integer("width", null=True),
        _integer("height", null=True),
        _bigint("taken_at"),
        _bigint("changed_at"),
        _smallint("attempts"),
        _bigint("due_at", null=True),
    ]
    _create_table("photos", ["name"], columns, unique=[["case_key", "kind", "source_hash"]])
    _create_index("photos", "pending", ["taken_at"], where="state = 'pending'")


def _create_case_ids() -> None:
    """Numbers for new cases: a sequence on PostgreSQL, a table with one row on SQLite."""
    if _is_postgresql():
        op.execute("create sequence case_ids")
        return
    op.create_table("case_ids", _bigint("last"))
    op.execute("insert into case_ids (last) values (0)")


def _create_search() -> None:
    if _is_postgresql():
        _create_search_on_postgresql()
    else:
        _create_search_on_sqlite()


def _create_search_on_postgresql() -> None:
    op.execute(
        "create table case_search (jurisdiction_id text not null, id bigint not null,"
        " opened_at bigint not null, words tsvector not null, primary key (jurisdiction_id, id))"
    )
    op.execute("create index ix_case_search_words on case_search using gin (words)")
    op.execute(
        "create index ix_case_search_newest on case_search"
        " (jurisdiction_id, opened_at desc, id desc)"
    )


def _create_search_on_sqlite() -> None:
    op.execute(
        "create virtual table case_search using fts5(jurisdiction, text, content='',"
        " contentless_delete=1, detail='column', tokenize='ascii')"
    )


# The city's vocabulary and areas


def _create_vocabulary() -> None:
    services = [
        _integer("service_id"),
        _text("service_code"),
        _text("name"),
        _text("slug"),
        _text("group_name", null=True),
        _smallint("is_public"),
        _text("place_precision"),
        _smallint("is_shown", default="0"),
    ]
    labels = [
        _integer("label_id"),
        _text("kind"),
        _text("name"),
        _text("slug"),
        _smallint("is_public", default="0"),
    ]
    boundaries = [_integer("label_id"), _text("kind"), _text("geometry")]
    _create_table("services", ["service_id"], services, unique=[["service_code"], ["slug"]])
    _create_table("labels", ["label_id"], labels, unique=[["kind", "name"], ["kind", "slug"]])
    _create_table("boundaries", ["label_id"], boundaries)


def _create_service_definitions() -> None:
    columns = [
        _text("service_code"),
        _text("source"),
        _text("name"),
        _text("group_name", null=True),
        _text("description"),
        _text("keywords"),
        _text("questions"),
        _smallint("asks"),
        _bigint("fetched_at"),
        _bigint("questions_at", null=True),
    ]
    _create_table("service_definitions", ["service_code"], columns)


# Sync


def _create_data_versions() -> None:
    cursors = [
        _text("source"),
        _text("cursor"),
        _bigint("newest_source_at", null=True),
        _bigint("moved_at"),
    ]
    _create_table("data_versions", [], [_bigint("rev"), _bigint("changed_at")])
    _create_table("sync_cursors", ["source"], cursors)


def _create_sync_runs() -> None:
    columns = [
        _bigint("sync_run_id"),
        _text("source"),
        _text("state"),
        _bigint("started_at"),
        _bigint("finished_at", null=True),
        _bigint("read"),
        _bigint("new"),
        _bigint("changed"),
        _bigint("unchanged"),
        _bigint("quarantined"),
        _bigint("newest_source_at", null=True),
        _text("message", null=True),
    ]
    _create_table("sync_runs", ["sync_run_id"], columns)
    _create_index("sync_runs", "source", ["source", "sync_run_id"])


def _create_quarantine() -> None:
    columns = [
        _text("source"),
        _text("raw_hash"),
        _text("source_id", null=True),
        _text("reason"),
        _text("message"),
        _text("raw"),
        _bigint("first_seen_at"),
        _bigint("last_seen_at"),
        _bigint("resolved_at", null=True),
    ]
    _create_table("quarantine", ["source", "raw_hash"], columns)
    _create_index("quarantine", "source_id", ["source", "source_id"])


# Reports, and what the city's systems receive


def _create_reports() -> None:
    reports = [
        _bigint("case_key"),
        _text("idempotency_key"),
        _text("body_hash"),
        _text("token_hash"),
        _text("language"),
        _text("answers"),
        _text("verdict"),
        _smallint("is_public"),
        _bigint("created_at"),
        _bigint("sent_at", null=True),
        _bigint("withdrawn_at", null=True),
        _smallint("is_unrouted", default="0"),
        _text("doubts", default=""),
    ]
    notes = [_bigint("case_key"), _integer("number"), _text("note"), _bigint("added_at")]
    contacts = [_bigint("case_key"), _text("address"), _text("language"), _bigint("added_at")]
    _create_table("reports", ["case_key"], reports, unique=[["idempotency_key"], ["token_hash"]])
    _create_table("report_notes", ["case_key", "number"], notes)
    _create_table("contacts", ["case_key"], contacts)


def _create_outbox() -> None:
    messages = [
        _text("id"),
        _bigint("case_key"),
        _text("kind"),
        _text("payload"),
        _text("state"),
        *_list_delivery_columns(),
        _text("work_order_id", null=True),
        _text("answer", null=True),
        _integer("number", default="1"),
        _text("system", default=""),
        _text("code", null=True),
        _text("token", null=True),
        _bigint("tried_at", null=True),
        _bigint("finished_at", null=True),
    ]
    systems = [
        _text("name"),
        _integer("failures"),
        _bigint("rests_until"),
        _smallint("is_stopped"),
        _text("reason", null=True),
        _bigint("changed_at"),
    ]
    waiting = "state in ('pending', 'leased', 'unknown', 'awaited')"
    _create_table("outbox", ["id"], messages)
    _create_index("outbox", "waiting", ["system", "not_before"], where=waiting)
    _create_index("outbox", "case", ["case_key", "number"])
    _create_table("work_order_systems", ["name"], systems)


def _list_delivery_columns() -> list[sa.Column]:
    """When a message may go out, how often it was tried, and which process is sending it."""
    return [
        _bigint("created_at"),
        _bigint("not_before"),
        _smallint("attempts"),
        _text("lease_token", null=True),
        _bigint("lease_expires_at", null=True),
    ]


# E-mail to residents and followers


def _create_followers() -> None:
    columns = [
        _text("token_hash"),
        _bigint("case_key"),
        _text("address"),
        _text("language"),
        _bigint("asked_at"),
        _bigint("confirmed_at", null=True),
    ]
    _create_table("followers", ["token_hash"], columns)
    _create_index("followers", "case", ["case_key"])


def _create_alerts() -> None:
    columns = [
        _bigint("case_key"),
        _text("kind"),
        _bigint("rev"),
        _text("receiver", default=""),
        _text("state"),
        *_list_delivery_columns(),
        _text("answer", null=True),
        _bigint("finished_at", null=True),
    ]
    _create_table("alerts", ["case_key", "kind", "rev", "receiver"], columns)
    _create_index("alerts", "waiting", ["not_before"], where="state = 'pending'")


# Staff


def _create_staff() -> None:
    accounts = [
        _text("name"),
        _text("role"),
        _text("password_hash"),
        _text("second_factor"),
        _bigint("last_step"),
        _text("recovery"),
        _bigint("changed_at"),
    ]
    sessions = [_text("digest"), _text("name"), _bigint("began_at"), _bigint("seen_at")]
    hidden_texts = [_bigint("case_key"), _text("field"), _text("part"), _bigint("hidden_at")]
    _create_table("staff", ["name"], accounts)
    _create_table("staff_sessions", ["digest"], sessions)
    _create_table("hidden_texts", ["case_key", "field", "part"], hidden_texts)


def _create_audit() -> None:
    columns = [
        _integer("number"),
        _bigint("at"),
        _text("who"),
        _text("action"),
        _bigint("case_key", null=True),
        _text("target"),
        _text("reason"),
        _text("before", null=True),
        _text("after", null=True),
    ]
    _create_table("audit_lines", ["number"], columns)
    _create_index("audit_lines", "case", ["case_key"])
    if _is_postgresql():
        _protect_audit_on_postgresql()
    else:
        _protect_audit_on_sqlite()


def _protect_audit_on_postgresql() -> None:
    op.execute(
        "create function keep_audit_line() returns trigger language plpgsql as"
        " $$ begin raise exception 'audit lines stay as they are'; end $$"
    )
    op.execute(
        "create trigger audit_lines_stay before update or delete or truncate on audit_lines"
        " execute function keep_audit_line()"
    )


def _protect_audit_on_sqlite() -> None:
    refuse = "begin select raise(abort, 'audit lines stay as they are'); end"
    is_taken = (
        "exists (select 1 from audit_lines"
        " where jurisdiction_id = new.jurisdiction_id and number = new.number)"
    )
    op.execute(f"create trigger audit_lines_no_update before update on audit_lines {refuse}")
    op.execute(f"create trigger audit_lines_no_delete before delete on audit_lines {refuse}")
    # `insert or replace` deletes a line without firing the trigger that forbids deleting it.
    op.execute(
        "create trigger audit_lines_no_replace"
        f" before insert on audit_lines when {is_taken} {refuse}"
    )


# Limits


def _create_limits() -> None:
    leases = [_text("name"), _text("token"), _text("holder"), _bigint("expires_at")]
    buckets = [_text("name"), _double("tokens"), _bigint("filled_at")]
    _create_table("leases", ["name"], leases)
    _create_table("buckets", ["name"], buckets)


# Helpers: every table begins with its city, and so do its keys and indexes


def _create_table(
    name: str,
    key: Sequence[str],
    columns: Sequence[sa.Column],
    unique: Sequence[Sequence[str]] = (),
) -> None:
    constraints = [
        sa.PrimaryKeyConstraint("jurisdiction_id", *key),
        *(_make_unique(name, ["jurisdiction_id", *of_city]) for of_city in unique),
    ]
    op.create_table(name, _text("jurisdiction_id"), *columns, *constraints)


def _make_unique(table: str, columns: Sequence[str]) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f("_".join(["uq", table, *columns])))


def _create_index(table: str, name: str, columns: Sequence[str], where: str | None = None) -> None:
    condition = sa.text(where) if where else None
    op.create_index(
        f"ix_{table}_{name}",
        table,
        ["jurisdiction_id", *columns],
        sqlite_where=condition,
        postgresql_where=condition,
    )


def _text(name: str, null: bool = False, default: str | None = None) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=null, server_default=default)


def _smallint(name: str, null: bool = False, default: str | None = None) -> sa.Column:
    return _make_number(name, sa.SmallInteger(), null, default)


def _integer(name: str, null: bool = False, default: str | None = None) -> sa.Column:
    return _make_number(name, sa.Integer(), null, default)


def _bigint(name: str, null: bool = False) -> sa.Column:
    return _make_number(name, sa.BigInteger(), null)


def _double(name: str, null: bool = False) -> sa.Column:
    return _make_number(name, sa.Double(), null)


def _make_number(name: str, kind, null: bool, default: str | None = None) -> sa.Column:
    value = sa.text(default) if default else None
    return sa.Column(name, kind, nullable=null, server_default=value, autoincrement=False)


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"
