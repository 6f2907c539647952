"""The table of what forms and case pages said of how long such cases take."""

from __future__ import annotations

from sqlalchemy import Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from portal.store.models import Base, Epoch, Jurisdiction


class ForecastRow(Base):
    """What was said of a case when it was first shown: on its `page`, or on the report `form`.

    By day `days_50` after its opening half of such cases are closed, by `days_90` nine in ten; None
    where no number was given. `rev` is the version of the public data that this came from.
    """

    __tablename__ = "forecasts"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    case_key: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    shown_on: Mapped[str] = mapped_column(primary_key=True)
    shown_at: Epoch
    rev: Mapped[int]
    service_id: Mapped[int] = mapped_column(Integer)
    days_50: Mapped[int | None] = mapped_column(Integer)
    days_90: Mapped[int | None] = mapped_column(Integer)

    __table_args__ = (Index("ix_forecasts_shown", "jurisdiction_id", "shown_at"),)
