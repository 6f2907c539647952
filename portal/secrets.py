"""The portal's own key: from the settings, else made once and kept in the data folder for its owner alone."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from portal.settings import Settings

DESK_KEY = "desk-key"


def secret_key(settings: Settings) -> str:
    """The key all signatures come from. Two processes that start at once agree on one."""
    if settings.secret_key:
        return settings.secret_key
    return kept_key(settings.data_dir / "secret")


def desk_key(settings: Settings) -> str:
    """The API key with which reports are sent to the built-in desk beside us; desk and worker find it in the same folder."""
    return kept_key(settings.data_dir / DESK_KEY)


def kept_key(path: Path) -> str:
    """A key that is made once and kept in a file for its owner alone. Two processes that start at once agree on one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _written(path)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(32))
    return _written(path)


def derived(settings: Settings, purpose: str) -> str:
    """A key for one purpose, which tells nothing about the others."""
    return hmac.new(secret_key(settings).encode(), purpose.encode(), hashlib.sha256).hexdigest()


def _written(path: os.PathLike[str]) -> str:
    # The other process may have made the file and not yet written it.
    for _ in range(100):
        with open(path) as file:  # noqa: PTH123
            if key := file.read():
                return key
    raise OSError(f"{path} is empty: delete it and start again")
