"""The table of API keys: who may call the portal from a program, and what they may do."""

from __future__ import annotations

from sqlalchemy import Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.store.models import Base, Epoch, Jurisdiction, MaybeEpoch


class ApiKeyRow(Base):
    """An API key, or the wish for one until its owner has confirmed it (portal.auth.api_keys).

    Only a digest of the key is stored: null until the owner has made it from the link in their
    e-mail. `owner_hash` is a digest of the token in that link, the same for all keys of an
    address; the address itself is encrypted. `scopes` are words of portal.domain.api_key.Scope,
    separated by spaces; `name` is what the key is for, in its owner's words.
    """

    __tablename__ = "api_keys"

    jurisdiction_id: Jurisdiction = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    owner_hash: Mapped[str]
    address: Mapped[str]
    language: Mapped[str]
    name: Mapped[str]
    scopes: Mapped[str]
    per_hour: Mapped[int] = mapped_column(Integer)
    key_hash: Mapped[str | None]
    asked_at: Epoch
    created_at: MaybeEpoch
    used_at: MaybeEpoch
    revoked_at: MaybeEpoch

    __table_args__ = (
        UniqueConstraint("jurisdiction_id", "key_hash"),
        Index("ix_api_keys_owner", "jurisdiction_id", "owner_hash"),
    )
