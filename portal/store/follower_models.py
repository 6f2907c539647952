"""The tables for followers of cases, and for the e-mails that are due."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.store.models import Base, Epoch, Jurisdiction, MaybeEpoch


class Follower(Base):
    """A person who follows a public case (portal.notifications.following).

    The address is encrypted, like those in `contacts`. `token_hash` is a hash of the token in the
    links we e-mail. The token is made from the case and the address, so a person who asks twice has
    one row. `confirmed_at` is null until they have confirmed the address.
    """

    __tablename__ = "followers"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    case_key: Mapped[int] = mapped_column(BigInteger)
    address: Mapped[str]
    language: Mapped[str]
    asked_at: Epoch
    confirmed_at: MaybeEpoch

    __table_args__ = (Index("ix_followers_case", "jurisdiction_id", "case_key"),)


class Alert(Base):
    """An e-mail that is due (portal.notifications.alerts): one per case, kind, batch and receiver.

    Its text is stored nowhere. `kind` is received, message, closed or reopened, parent_closed
    or parent_reopened for the case that it repeats, for followers confirm, and api_key, which is
    about no case.
    `receiver` is "" for the resident who reported, else a follower's `token_hash`, or the
    `owner_hash` of API keys. `state` is
    pending, sent, failed or outdated (the case had changed again before it went out).
    """

    __tablename__ = "alerts"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    case_key: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)
    rev: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    receiver: Mapped[str] = mapped_column(primary_key=True, server_default="")
    state: Mapped[str]
    created_at: Epoch
    not_before: Epoch
    attempts: Mapped[int] = mapped_column(SmallInteger)
    lease_token: Mapped[str | None]
    lease_expires_at: MaybeEpoch
    answer: Mapped[str | None]
    finished_at: MaybeEpoch

    __table_args__ = (
        Index(
            "ix_alerts_waiting",
            "jurisdiction_id",
            "not_before",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
    )
