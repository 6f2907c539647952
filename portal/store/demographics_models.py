"""The tables of who lives in a tract, and of the models that are made from it."""

from __future__ import annotations

from sqlalchemy import Integer
from sqlalchemy.orm import Mapped, mapped_column

from portal.store.models import Base, Epoch, Jurisdiction


class TractMeasure(Base):
    """One measure of one census tract, as a census gives it (portal.domain.demographics).

    Nothing is stored for a measure that is not known.
    """

    __tablename__ = "tract_measures"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    label_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    measure: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[float]


class FittedModel(Base):
    """What a model made of a version of the data, as JSON: the newest of each name is kept.

    `rev` is the version of the public data that it is from.
    """

    __tablename__ = "fitted_models"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    rev: Mapped[int]
    made_at: Epoch
    answer: Mapped[str]
