"""The desk's tables, on a SQLite file of its own. Times are epoch seconds UTC."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Connection,
    Engine,
    ForeignKey,
    Index,
    create_engine,
    event,
    inspect,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from data_sync.desk.errors import DeskError
from portal import private_files

TABLES_VERSION = 1
# SQLite uses a partial index only if a query repeats its condition word for word.
HAS_REFERENCE = text("external_reference <> ''")
IS_PRIVATE = text("not is_public")
IS_PHOTO = text("verb = 'photographed'")


class Base(DeclarativeBase):
    """All tables of the desk."""


class Service(Base):
    """A type of case the desk takes."""

    __tablename__ = "services"

    service_code: Mapped[str] = mapped_column(primary_key=True)
    service_name: Mapped[str]
    group_name: Mapped[str]
    description: Mapped[str]
    department: Mapped[str]
    queue: Mapped[str]
    sla_hours: Mapped[float | None]


class RetiredService(Base):
    """A type that the desk no longer offers; its cases stay."""

    __tablename__ = "retired_services"

    service_code: Mapped[str] = mapped_column(ForeignKey("services.service_code"), primary_key=True)


class Question(Base):
    """A question a service asks in a report. `choices` is JSON: a list of [key, words]."""

    __tablename__ = "questions"

    service_code: Mapped[str] = mapped_column(ForeignKey("services.service_code"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    prompt: Mapped[str]
    kind: Mapped[str]
    is_required: Mapped[bool]
    hint: Mapped[str]
    choices: Mapped[str]
    is_asked: Mapped[bool]


class Answer(Base):
    """An answer that came with a case, for the staff only.

    `words` are as they came, or a choice's words; several choices are joined by commas.
    """

    __tablename__ = "answers"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    prompt: Mapped[str]
    words: Mapped[str]


class Case(Base):
    """One case. Who reported it is for the staff only and never leaves the desk."""

    __tablename__ = "cases"

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[str] = mapped_column(unique=True)
    external_reference: Mapped[str]
    service_code: Mapped[str] = mapped_column(ForeignKey("services.service_code"))
    description: Mapped[str]
    address: Mapped[str]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    requested_at: Mapped[int]
    updated_at: Mapped[int]
    expected_at: Mapped[int | None]
    closed_at: Mapped[int | None]
    status: Mapped[str]
    department: Mapped[str]
    queue: Mapped[str]
    channel: Mapped[str]
    closure_reason: Mapped[str]
    media_url: Mapped[str]
    closed_media_url: Mapped[str]
    is_public: Mapped[bool]
    taken_by: Mapped[str] = mapped_column(server_default="")
    reporter_name: Mapped[str] = mapped_column(server_default="")
    reporter_email: Mapped[str] = mapped_column(server_default="")
    reporter_phone: Mapped[str] = mapped_column(server_default="")

    # is_public ends the two list indexes: counting and skipping pages never reads the rows.
    __table_args__ = (
        CheckConstraint("status in ('open', 'in_progress', 'closed')", name="known_status"),
        CheckConstraint(
            "(status = 'closed') = (closed_at is not null)", name="closed_has_its_time"
        ),
        CheckConstraint("updated_at >= requested_at", name="updated_after_requested"),
        Index("ix_cases_updated", "updated_at", "request_id", "is_public"),
        Index("ix_cases_requested", "requested_at", "request_id", "is_public"),
        Index("ix_cases_queue", "queue", "status", "expected_at"),
        Index("ix_cases_queue_of_department", "queue", "department"),
        Index("ix_cases_status", "status", "expected_at"),
        Index("ix_cases_closed", "status", "closed_at"),
        Index("ix_cases_reference", "external_reference", unique=True, sqlite_where=HAS_REFERENCE),
        Index("ix_cases_private_photos", "media_url", "closed_media_url", sqlite_where=IS_PRIVATE),
    )


class History(Base):
    """What was done to a case, and by whom; append-only. Residents see `is_public` entries."""

    __tablename__ = "history"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    at: Mapped[int] = mapped_column(index=True)
    actor: Mapped[str]
    verb: Mapped[str]
    words: Mapped[str]
    is_public: Mapped[bool]

    __table_args__ = (Index("ix_history_photos", "words", sqlite_where=IS_PHOTO),)


class Merge(Base):
    """A case that repeats another and was closed for it. `words` are what staff added."""

    __tablename__ = "merges"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    into_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    words: Mapped[str]


class Update(Base):
    """A service-request update from another system; its id makes a repeat harmless."""

    __tablename__ = "updates"

    update_id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    at: Mapped[int]


class Staff(Base):
    """Who may sign in. A new password comes with a new session key, which ends old sessions."""

    __tablename__ = "staff"

    name: Mapped[str] = mapped_column(primary_key=True)
    password_hash: Mapped[str]
    session_key: Mapped[str]


class SignInFailure(Base):
    """Failed sign-ins of the last minutes, to slow down guessing."""

    __tablename__ = "sign_in_failures"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    address: Mapped[str]
    at: Mapped[int] = mapped_column(index=True)


def open_desk(path: Path | str) -> Engine:
    """The desk's database; tables are created if there are none.

    Raises DeskError if its tables are of another version.
    """
    try:
        from pysqlite3 import dbapi2 as module
    except ImportError:
        module = sqlite3
    private_files.make_folder(Path(path).parent)
    private_files.make_file(Path(path))
    engine = create_engine(f"sqlite:///{path}", module=module)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    with write(engine) as connection:
        _make_tables(connection, path)
    return engine


@contextmanager
def write(desk: Engine | Connection) -> Iterator[Connection]:
    """One write transaction, which waits for its turn at the start.

    A connection that is already in one is used as it is.
    """
    if isinstance(desk, Connection):
        yield desk
        return
    with desk.execution_options(writes=True).begin() as connection:
        yield connection


def _make_tables(connection: Connection, path: Path | str) -> None:
    version = connection.exec_driver_sql("pragma user_version").scalar()
    if inspect(connection).has_table(Case.__tablename__) and version != TABLES_VERSION:
        raise DeskError(
            f"{path} was made by another version of the desk "
            f"(tables {version}, wanted {TABLES_VERSION}). Move it away."
        )
    Base.metadata.create_all(connection)
    for table in Base.metadata.tables.values():  # an index that is newer than the table
        for index in table.indexes:
            index.create(connection, checkfirst=True)
    connection.exec_driver_sql(f"pragma user_version = {TABLES_VERSION}")


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode = wal",
        "synchronous = full",
        "busy_timeout = 5000",
        "foreign_keys = on",
        "trusted_schema = off",
    ):
        connection.execute(f"pragma {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(
        "begin immediate" if connection.get_execution_options().get("writes") else "begin"
    )
