"""The tables of staff: accounts, sessions, and what was done (append only)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from portal.store.models import Base, Epoch, Jurisdiction


class Staff(Base):
    """An account of a city's. `second_factor` is the secret of its one-time codes, encrypted; `last_step` the newest code that was used.

    `recovery` holds digests of codes that each let in once, separated by spaces.
    """

    __tablename__ = "staff"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str]
    password_hash: Mapped[str]
    second_factor: Mapped[str]
    last_step: Mapped[int] = mapped_column(BigInteger)
    recovery: Mapped[str]
    changed_at: Epoch


class StaffSession(Base):
    """Somebody who is signed in; of the cookie only a digest is kept."""

    __tablename__ = "staff_sessions"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    began_at: Epoch
    seen_at: Epoch


class AuditLine(Base):
    """What somebody of the staff did, and why. The database lets nobody change or delete a line (migration 0017).

    `before` and `after` are digests of what was changed, so that the line tells whether a text is the one that was meant.
    """

    __tablename__ = "audit_lines"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Epoch
    who: Mapped[str]
    action: Mapped[str]
    case_key: Mapped[int | None]
    target: Mapped[str]
    reason: Mapped[str]
    before: Mapped[str | None]
    after: Mapped[str | None]

    __table_args__ = (Index("ix_audit_lines_case", "jurisdiction_id", "case_key"),)


class HiddenText(Base):
    """Words of a case that staff took out of the public's sight: a part of one text, or all of it where `part` is empty.

    Kept beside the case, so that the next sync, which brings the city's text again, hides them again.
    """

    __tablename__ = "hidden_texts"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    case_key: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    field: Mapped[str] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    hidden_at: Epoch
