"""The table of the letters that residents are owed."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models import Base, Epoch, Jurisdiction, MaybeEpoch


class Alert(Base):
    """A letter that a resident is owed (portal.notifications.alerts); of one kind and batch there is one, and its words are in no table.

    `kind` is received, closed or reopened; `state` pending, sent, failed or outdated (the case had moved on before it went out).
    """

    __tablename__ = "alerts"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    case_key: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)
    rev: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
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
