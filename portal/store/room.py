"""Whether there is room to store something, and leave to do so: asked by /readyz and the doctor.

A page that can be read proves nothing about writing. So a small file is written beside the store
and removed again, the system is asked whether the store's file may be written, and PostgreSQL
whether it takes writes. The store's file itself is never opened: closing it would take from SQLite
the locks that this process holds.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import threading
import time
from pathlib import Path

from sqlalchemy import Engine, text

from portal import logs, private_files
from portal.settings import Settings
from portal.store.engines import store_url
from portal.store.unwritable import SENTENCES, find_cause

LITTLE_DISK, TOO_LITTLE_DISK = 2 << 30, 200 << 20
"""Bytes free in the data folder: below the first have a look, below the second it is urgent."""
PROBE_BYTES = 64 << 10
KEPT_SECONDS = 5.0
"""How long an answer is used again: /readyz may be asked by anyone, as often as they like."""


log = logs.get_logger(__name__)


class Room:
    """Whether something can be stored, found out at most every few seconds."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._asking = threading.Lock()
        self._found: tuple[float, str | None] | None = None

    def find_trouble(self, core: Engine) -> str | None:
        """Why nothing can be stored, in a sentence without names of files; None if it can."""
        with self._asking:
            if self._found is None or time.monotonic() - self._found[0] > KEPT_SECONDS:
                self._found = time.monotonic(), find_trouble(self._settings, core)
            return self._found[1]


def find_trouble(settings: Settings, core: Engine) -> str | None:
    """The same, found out now."""
    try:
        write_probe(settings.data_dir)
        _ask_store(settings, core)
    except Exception as problem:
        cause = find_cause(problem)
        if cause is None:
            log.exception("store not tried")
            return "nothing can be stored: the data folder or the store is not there"
        return SENTENCES[cause]
    return None


def free_bytes(settings: Settings) -> int:
    """Bytes that are free where the data folder is."""
    return shutil.disk_usage(settings.data_dir.absolute()).free


def warn_of_little(free: int) -> list[str]:
    """A sentence where so few bytes are free that soon nothing can be stored; else none."""
    return [f"only {describe_free(free)} for the data"] if free < TOO_LITTLE_DISK else []


def describe_free(free: int) -> str:
    """Free bytes for people: "150 MB free"."""
    return f"{free / (1 << 20):,.0f} MB free"


def write_probe(folder: Path) -> None:
    """Write a small file and remove it again. Raises OSError with what is in the way."""
    path = folder / f"probe-{secrets.token_hex(4)}"
    try:
        with private_files.open_file(path, "wb") as file:
            file.write(b"\0" * PROBE_BYTES)
            file.flush()
            os.fsync(file.fileno())
    finally:
        path.unlink(missing_ok=True)


def _ask_store(settings: Settings, core: Engine) -> None:
    """Raises what the system or PostgreSQL says of a store that takes no writes."""
    if core.dialect.name == "sqlite":
        if not os.access(str(store_url(settings).database), os.W_OK):
            raise PermissionError(errno.EACCES, "the store may not be written")
        return
    with core.connect() as connection:
        # A statement that writes, but no row: refused by a standby and in read-only mode.
        connection.execute(text("update data_versions set rev = rev where false"))
