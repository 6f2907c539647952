"""The store's tables, one class each.

Times are epoch seconds UTC. `jurisdiction_id` leads every key.

The tables for reports, followers and staff are in report_models, follower_models and staff_models.
What the public may read is in public_views.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Double,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Text,
    UniqueConstraint,
    and_,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Jurisdiction = Mapped[str]
Epoch = Mapped[int]
MaybeEpoch = Mapped[int | None]


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        }
    )
    type_annotation_map = {str: Text(), int: BigInteger(), float: Double()}


class Case(Base):
    """One case in its current state.

    Texts and place are the *published* ones: redacted, and as precise as the service allows.
    """

    __tablename__ = "cases"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    case_id: Mapped[str]
    source: Mapped[str]
    source_id: Mapped[str]
    work_order_id: Mapped[str | None]
    visibility: Mapped[str]
    rev: Mapped[int]
    first_seen_at: Epoch
    source_updated_at: Epoch
    content_hash: Mapped[str]

    status: Mapped[str]
    is_open: Mapped[int] = mapped_column(SmallInteger)
    city_status: Mapped[str | None]
    opened_at: Epoch
    closed_at: MaybeEpoch
    target_at: MaybeEpoch
    updated_at: Epoch
    opened_month: Mapped[int] = mapped_column(Integer)
    closed_month: Mapped[int | None] = mapped_column(Integer)
    days_open: Mapped[int | None] = mapped_column(Integer)
    close_provenance: Mapped[str | None]
    city_on_time: Mapped[int | None] = mapped_column(SmallInteger)
    contradictions: Mapped[int] = mapped_column(SmallInteger, default=0)
    day_only: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))

    service_id: Mapped[int] = mapped_column(Integer)
    department_id: Mapped[int | None] = mapped_column(Integer)
    queue_id: Mapped[int | None] = mapped_column(Integer)
    channel_id: Mapped[int | None] = mapped_column(Integer)
    neighborhood_id: Mapped[int | None] = mapped_column(Integer)
    city_neighborhood_id: Mapped[int | None] = mapped_column(Integer)
    polygon_neighborhood_id: Mapped[int | None] = mapped_column(Integer)
    district_id: Mapped[int | None] = mapped_column(Integer)
    city_district_id: Mapped[int | None] = mapped_column(Integer)
    polygon_district_id: Mapped[int | None] = mapped_column(Integer)
    tract_id: Mapped[int | None] = mapped_column(Integer)
    ward_id: Mapped[int | None] = mapped_column(Integer)

    title: Mapped[str | None]
    address: Mapped[str | None]
    zipcode: Mapped[str | None]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    quad: Mapped[int | None]
    place_precision: Mapped[str]
    note: Mapped[str | None]
    closure_reason: Mapped[str | None]
    hidden: Mapped[str | None]
    photo_url: Mapped[str | None]
    closed_photo_url: Mapped[str | None]
    parent_case_id: Mapped[str | None]
    extra: Mapped[str | None]
    spellings: Mapped[str | None]
    """JSON: its names that are written in another way than `written` of their label or service."""
    followers: Mapped[int] = mapped_column(Integer, server_default="0")

    __table_args__ = (
        UniqueConstraint("jurisdiction_id", "source", "source_id"),
        Index("ix_cases_case_id", "jurisdiction_id", "case_id"),
        Index(
            "ix_cases_work_order",
            "jurisdiction_id",
            "work_order_id",
            sqlite_where=text("work_order_id is not null"),
            postgresql_where=text("work_order_id is not null"),
        ),
        Index("ix_cases_feed", "jurisdiction_id", "opened_at", "id"),
        Index(
            "ix_cases_open",
            "jurisdiction_id",
            "opened_at",
            "id",
            sqlite_where=text("is_open = 1"),
            postgresql_where=text("is_open = 1"),
        ),
        Index("ix_cases_service", "jurisdiction_id", "service_id", "opened_at", "id"),
        Index("ix_cases_neighborhood", "jurisdiction_id", "neighborhood_id", "opened_at", "id"),
        Index(
            "ix_cases_nearby",
            "jurisdiction_id",
            "service_id",
            "quad",
            sqlite_where=text("is_open = 1"),
            postgresql_where=text("is_open = 1"),
        ),
        Index("ix_cases_rev", "jurisdiction_id", "rev"),
        Index("ix_cases_updated", "jurisdiction_id", "updated_at", "id"),
        Index(
            "ix_cases_spellings",
            "jurisdiction_id",
            "service_id",
            sqlite_where=text("spellings is not null"),
            postgresql_where=text("spellings is not null"),
        ),
        Index(
            "ix_cases_parent",
            "jurisdiction_id",
            "parent_case_id",
            sqlite_where=text("parent_case_id is not null"),
            postgresql_where=text("parent_case_id is not null"),
        ),
    )


class CaseOriginal(Base):
    """What the city sent, where the published case hides some of it or is less precise.

    For staff; never in a public view.
    """

    __tablename__ = "case_originals"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str | None]
    address: Mapped[str | None]
    zipcode: Mapped[str | None]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    note: Mapped[str | None]
    closure_reason: Mapped[str | None]


class CaseRevision(Base):
    """A change to one published field of one case. Append-only.

    A new case has no revision: `cases.first_seen_at` says when it arrived.
    """

    __tablename__ = "case_revisions"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rev: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    field: Mapped[str] = mapped_column(primary_key=True)
    old_value: Mapped[str | None]
    new_value: Mapped[str | None]
    seen_at: Epoch
    source_updated_at: Epoch
    sync_run_id: Mapped[int | None]

    __table_args__ = (Index("ix_case_revisions_seen", "jurisdiction_id", "seen_at"),)


class CaseNote(Base):
    """What the city wrote to the public about a case on the way.

    `words` are published, and empty where nothing of them is; `original` is what the city sent,
    if that is more. `rev` is the data version in which it came.
    """

    __tablename__ = "case_notes"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    case_key: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    kind: Mapped[str]
    said_at: Epoch
    words: Mapped[str]
    original: Mapped[str | None]
    rev: Epoch

    __table_args__ = (Index("ix_case_notes_said", "jurisdiction_id", "said_at"),)


class Photo(Base):
    """A photo of a case, re-encoded by us.

    Once it is ready, its files are in the data folder under `name` (portal.photos.files). `state`
    is pending (the city's URL, not fetched yet or not successfully), ready, refused or hidden, the
    last two with a reason. A resident's photo has no `source_url`, and no case until the report is
    sent. `taken_at` is not the camera's time but the case's: when it was opened for a photo from
    before, when it was closed for one from after.
    """

    __tablename__ = "photos"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    case_key: Mapped[int | None]
    kind: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str | None]
    source_url: Mapped[str | None]
    source_hash: Mapped[str | None]
    width: Mapped[int | None] = mapped_column(Integer)
    height: Mapped[int | None] = mapped_column(Integer)
    taken_at: Epoch
    changed_at: Epoch
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    due_at: MaybeEpoch

    __table_args__ = (
        UniqueConstraint("jurisdiction_id", "case_key", "kind", "source_hash"),
        Index(
            "ix_photos_pending",
            "jurisdiction_id",
            "taken_at",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
    )


class Service(Base):
    """A type of case, as the city names it, with our rules for publishing it."""

    __tablename__ = "services"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    service_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    service_code: Mapped[str]
    name: Mapped[str]
    slug: Mapped[str]
    group_name: Mapped[str | None]
    is_public: Mapped[int] = mapped_column(SmallInteger)
    """Whether the city's rule lets cases of this type be public."""
    place_precision: Mapped[str]
    is_shown: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    """Whether a public case has, or had, this type. The name of a type that only private cases have
    would give them away."""
    written: Mapped[str | None]
    """How it is written in cases without a spelling of their own; None: as its name."""

    __table_args__ = (
        UniqueConstraint("jurisdiction_id", "service_code"),
        UniqueConstraint("jurisdiction_id", "slug"),
    )


class ServiceDefinitionRow(Base):
    """A type of case as its source offers it.

    `keywords` and `questions` are JSON. `asks`: it has questions, last read at `questions_at`.
    """

    __tablename__ = "service_definitions"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    service_code: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str]
    name: Mapped[str]
    group_name: Mapped[str | None]
    description: Mapped[str]
    keywords: Mapped[str]
    questions: Mapped[str]
    asks: Mapped[int] = mapped_column(SmallInteger)
    fetched_at: Epoch
    questions_at: MaybeEpoch


LABEL_KINDS = ("department", "queue", "channel", "neighborhood", "district", "tract", "ward")
"""Kinds of labels. In `cases`, each has a column with _id added."""


class Label(Base):
    """A name that many cases share: of a department, queue, channel or area (see LABEL_KINDS)."""

    __tablename__ = "labels"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    label_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    kind: Mapped[str]
    name: Mapped[str]
    slug: Mapped[str]
    is_public: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    """Whether a public case or a boundary has this name. One that only private cases have would
    give them away."""
    written: Mapped[str | None]
    """How it is written in cases without a spelling of their own; None: as its name."""

    __table_args__ = (
        UniqueConstraint("jurisdiction_id", "kind", "name"),
        UniqueConstraint("jurisdiction_id", "kind", "slug"),
    )


class Boundary(Base):
    """One polygon of a layer (neighborhood, district, tract), as GeoJSON geometry in WGS84."""

    __tablename__ = "boundaries"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    label_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    kind: Mapped[str]
    geometry: Mapped[str]


class DataVersion(Base):
    """How often a city's data changed (portal.store.data_version).

    `rev` is the number of the last batch, which is on every row that it touched; `public_rev`
    counts those batches alone that anyone may see something of.
    """

    __tablename__ = "data_versions"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    rev: Mapped[int]
    changed_at: Epoch
    public_rev: Mapped[int] = mapped_column(server_default=text("0"))
    public_changed_at: Mapped[int] = mapped_column(server_default=text("0"))


class SyncRun(Base):
    """One run of a city's sync, with its counts."""

    __tablename__ = "sync_runs"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    sync_run_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source: Mapped[str]
    state: Mapped[str]
    started_at: Epoch
    finished_at: MaybeEpoch
    read: Mapped[int] = mapped_column(default=0)
    new: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    quarantined: Mapped[int] = mapped_column(default=0)
    newest_source_at: MaybeEpoch
    message: Mapped[str | None]
    notes: Mapped[str | None]
    """JSON: what was noticed in its rows, and in how many."""

    __table_args__ = (Index("ix_sync_runs_source", "jurisdiction_id", "source", "sync_run_id"),)


class SyncCursor(Base):
    """Where the next sync of a source resumes. Moves in the transaction that stores a page."""

    __tablename__ = "sync_cursors"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    cursor: Mapped[str]
    newest_source_at: MaybeEpoch
    moved_at: Epoch


class QuarantinedRow(Base):
    """A raw row that the sync could not use, with the reason. Public views only count these."""

    __tablename__ = "quarantine"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    raw_hash: Mapped[str] = mapped_column(primary_key=True)
    source_id: Mapped[str | None]
    reason: Mapped[str]
    message: Mapped[str]
    raw: Mapped[str]
    first_seen_at: Epoch
    last_seen_at: Epoch
    resolved_at: MaybeEpoch

    __table_args__ = (Index("ix_quarantine_source_id", "jurisdiction_id", "source", "source_id"),)


class Lease(Base):
    """Who may run a job that must not run twice at once, and until when."""

    __tablename__ = "leases"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    token: Mapped[str]
    holder: Mapped[str]
    expires_at: Epoch


class Bucket(Base):
    """Tokens of a rate limit, which fill up with time.

    `name` says whose limit it is and on what, hashed if it is a person's.
    """

    __tablename__ = "buckets"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    tokens: Mapped[float]
    filled_at: Epoch


SERVICE_OF_CASE = and_(
    Service.jurisdiction_id == Case.jurisdiction_id, Service.service_id == Case.service_id
)
"""Joins a case to its service."""
