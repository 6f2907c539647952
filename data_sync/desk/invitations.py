"""The invitation to make the first account of a desk's staff; it ends with that account.

make_invitation(engine, secret_key)  # "5f0c…" while no one has an account
"""

from __future__ import annotations

import hashlib
import hmac

from sqlalchemy import Engine, select

from data_sync.desk.models import Staff


def make_invitation(engine: Engine, secret_key: str) -> str | None:
    """What the address of the first account's page ends in; None once someone has an account."""
    with engine.connect() as connection:
        if connection.execute(select(Staff.name).limit(1)).first():
            return None
    return hmac.new(secret_key.encode(), b"first account", hashlib.sha256).hexdigest()[:32]


def is_invitation(engine: Engine, secret_key: str, given: str) -> bool:
    """Whether this is the invitation, and no one has an account yet."""
    invitation = make_invitation(engine, secret_key)
    return invitation is not None and hmac.compare_digest(invitation.encode(), given.encode())
