"""The tables of webhooks: where to send what changes, and what became of each delivery."""

from __future__ import annotations

from sqlalchemy import BigInteger, Float, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from portal.store.models import Base, Epoch, Jurisdiction, MaybeEpoch


class WebhookRow(Base):
    """A webhook of an API key (portal.domain.webhook).

    `secret` is encrypted. Deliveries have been made of everything up to the batch `batch` and the
    case `case_key` of it; `seen_at` is the time of the data then, and `new_keys` the cases that
    were new in the last minutes before it, separated by spaces (portal.queries.data.webhook_news).
    """

    __tablename__ = "webhooks"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    key_id: Mapped[str]
    url: Mapped[str]
    query: Mapped[str]
    secret: Mapped[str]
    state: Mapped[str]
    problem: Mapped[str | None]
    created_at: Epoch
    batch: Mapped[int] = mapped_column(BigInteger)
    case_key: Mapped[int] = mapped_column(BigInteger)
    seen_at: Epoch
    new_keys: Mapped[str]

    __table_args__ = (Index("ix_webhooks_key", "jurisdiction_id", "key_id"),)


class WebhookDeliveryRow(Base):
    """A delivery, due or done. `items` says which cases it is about, in JSON, and no word of them:
    what is sent is read when it is sent, so nothing goes out that has been hidden since."""

    __tablename__ = "webhook_deliveries"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    webhook_id: Mapped[str]
    number: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    items: Mapped[str]
    cases: Mapped[int] = mapped_column(Integer)
    state: Mapped[str]
    created_at: Epoch
    due_at: Epoch
    attempts: Mapped[int] = mapped_column(Integer)
    tried_at: MaybeEpoch
    status: Mapped[int | None] = mapped_column(Integer)
    seconds: Mapped[float | None] = mapped_column(Float)
    problem: Mapped[str | None]
    sent_at: MaybeEpoch

    __table_args__ = (
        Index("ix_webhook_deliveries_due", "jurisdiction_id", "state", "due_at"),
        Index("ix_webhook_deliveries_hook", "jurisdiction_id", "webhook_id", "number"),
    )
