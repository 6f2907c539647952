"""The portal's own keys: from the settings, else made once and kept in the data folder.

Only the owner of the data folder may read them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet

from portal import private_files
from portal.settings import Settings

DESK_KEY = "desk-key"
READ_ATTEMPTS = 100


def secret_key(settings: Settings) -> str:
    """The key that all signatures come from. Processes that start at the same time agree on one."""
    if settings.secret_key:
        return settings.secret_key
    return load_or_make_key(settings.data_dir / "secret")


def desk_key(settings: Settings) -> str:
    """The API key for the built-in desk; desk and worker find it in the same folder."""
    return load_or_make_key(settings.data_dir / DESK_KEY)


def load_or_make_key(path: Path) -> str:
    """The key in a file, which is made the first time. Processes that start at once agree on one.

    Raises OSError if the file is there and empty.
    """
    private_files.make_folder(path.parent)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, private_files.FILE_MODE)
    except FileExistsError:
        return _read_key(path)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(32))
    return _read_key(path)


def derive_key(settings: Settings, purpose: str) -> str:
    """A key for one purpose, which reveals nothing about the others: 64 hex digits."""
    return hmac.new(secret_key(settings).encode(), purpose.encode(), hashlib.sha256).hexdigest()


def encrypt(settings: Settings, purpose: str, text: str) -> str:
    """A text that only `decrypt` with the same purpose can read."""
    return _cipher(settings, purpose).encrypt(text.encode()).decode()


def decrypt(settings: Settings, purpose: str, encrypted: str) -> str:
    """A text that was encrypted for a purpose."""
    return _cipher(settings, purpose).decrypt(encrypted.encode()).decode()


def _cipher(settings: Settings, purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(bytes.fromhex(derive_key(settings, purpose))))


def digest_owner(settings: Settings, whose: str) -> str:
    """What a bucket is called, so that no one can tell whose it is: 32 hex digits."""
    key = derive_key(settings, "buckets").encode()
    return hmac.new(key, whose.encode(), hashlib.sha256).hexdigest()[:32]


def _read_key(path: os.PathLike[str]) -> str:
    # Another process may have made the file and not written it yet.
    for _ in range(READ_ATTEMPTS):
        with open(path) as file:  # noqa: PTH123
            if key := file.read():
                return key
    raise OSError(f"{path} is empty: delete it and start again")
