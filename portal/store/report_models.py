"""The tables for residents' reports: what they sent, and what the city's systems are to be sent."""

from __future__ import annotations

from sqlalchemy import Index, Integer, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.store.models import Base, Epoch, Jurisdiction, MaybeEpoch


class ReportRow(Base):
    """What a resident sent with a report, beside the case it became. Never in a public view.

    `idempotency_key` and `body_hash` tell a repeat of the same report from another report.
    `token_hash` is a digest of the private link, which is stored nowhere. `doubts` are words of
    portal.domain.report.Doubt. `is_unrouted`: no rule in the city's file covers the report, so
    staff decide where it goes.
    """

    __tablename__ = "reports"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    case_key: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    idempotency_key: Mapped[str]
    body_hash: Mapped[str]
    token_hash: Mapped[str]
    language: Mapped[str]
    answers: Mapped[str]
    verdict: Mapped[str]
    doubts: Mapped[str] = mapped_column(server_default="")
    is_public: Mapped[int] = mapped_column(SmallInteger)
    created_at: Epoch
    sent_at: MaybeEpoch
    withdrawn_at: MaybeEpoch
    is_unrouted: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))

    __table_args__ = (
        UniqueConstraint("jurisdiction_id", "idempotency_key"),
        UniqueConstraint("jurisdiction_id", "token_hash"),
    )


class ReportNote(Base):
    """What a resident added to a report later. Only the city sees it."""

    __tablename__ = "report_notes"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    case_key: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    note: Mapped[str]
    added_at: Epoch


class Contact(Base):
    """The e-mail address of the resident who reported a case (portal.notifications.contacts).

    Encrypted, and deleted 180 days after the case is closed.
    """

    __tablename__ = "contacts"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    case_key: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    address: Mapped[str]
    language: Mapped[str]
    added_at: Epoch


class OutboxMessage(Base):
    """A message to one of the city's work-order systems (portal.services.report.outbox).

    Written in the transaction that decides it. `kind` is open_case, add_note, withdraw_case or
    set_public. `number` counts the messages of a case. `state` is pending, leased, unknown (it may
    have arrived), awaited (it has arrived, and its number is still to come), sent, refused, stuck
    or given_up. `system` is the name of a system in the city's file, "" if no rule names one, and
    `code` the type's code there. `tried_at` is when it was last sent.
    """

    __tablename__ = "outbox"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    case_key: Mapped[int]
    number: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    kind: Mapped[str]
    payload: Mapped[str]
    system: Mapped[str] = mapped_column(server_default=text("''"))
    code: Mapped[str | None]
    state: Mapped[str]
    created_at: Epoch
    not_before: Epoch
    attempts: Mapped[int] = mapped_column(SmallInteger)
    tried_at: MaybeEpoch
    lease_token: Mapped[str | None]
    lease_expires_at: MaybeEpoch
    token: Mapped[str | None]
    work_order_id: Mapped[str | None]
    answer: Mapped[str | None]
    finished_at: MaybeEpoch

    __table_args__ = (
        Index(
            "ix_outbox_waiting",
            "jurisdiction_id",
            "system",
            "not_before",
            sqlite_where=text("state in ('pending', 'leased', 'unknown', 'awaited')"),
            postgresql_where=text("state in ('pending', 'leased', 'unknown', 'awaited')"),
        ),
        Index("ix_outbox_case", "jurisdiction_id", "case_key", "number"),
    )


class WorkOrderSystem(Base):
    """How a work-order system is doing: failures in a row, and whether we pause or have stopped.

    We send it nothing until `rests_until`. If it does not let us in, it is stopped until someone
    has fixed that.
    """

    __tablename__ = "work_order_systems"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    rests_until: Epoch
    is_stopped: Mapped[int] = mapped_column(SmallInteger)
    reason: Mapped[str | None]
    changed_at: Epoch
