"""The tables of who follows a case, and of the letters that residents are owed."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.store.models import Base, Epoch, Jurisdiction, MaybeEpoch


class Follower(Base):
    """Somebody who wants to be told of a public case (portal.notifications.following). The address is encrypted, as of contacts.

    `token_hash` is of the token in their letters' links, which is made of the case and the address: whoever asks twice is one row.
    `confirmed_at` is empty until the address has answered.
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
    """A letter that somebody is owed (portal.notifications.alerts); of one kind and batch there is one, and its words are in no table.

    `kind` is received, closed or reopened, and for followers confirm; `receiver` is "" for who reported, else a follower's `token_hash`;
    `state` pending, sent, failed or outdated (the case had moved on before it went out).
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
