"""The tables for staff: accounts, sessions, the audit (append-only) and hidden texts."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from portal.store.models import Base, Epoch, Jurisdiction


class Staff(Base):
    """An account of a city's staff.

    `second_factor` is the secret of its one-time codes, encrypted; `last_step` is the newest code
    that was used. `recovery` holds digests of codes that each work once, separated by spaces.
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
    """A session of someone who is signed in. Only a digest of its cookie is stored."""

    __tablename__ = "staff_sessions"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    began_at: Epoch
    seen_at: Epoch


class AuditLine(Base):
    """What a member of staff did, and why. The database refuses changes (migration 0017).

    `before` and `after` are digests of the text that was changed, so a line shows whether a given
    text is the one it is about.
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
    """Words of a case that staff hid from the public.

    They are a part of one text, or all of it if `part` is empty. Kept beside the case, because the
    next sync brings the city's text again, and has to hide them again.
    """

    __tablename__ = "hidden_texts"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    case_key: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    field: Mapped[str] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    hidden_at: Epoch
