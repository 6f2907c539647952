"""A migrated SQLite store in a millisecond: migrated once in a process, copied for each test."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from portal import migrations
from portal.settings import Settings
from portal.store.engines import core_engine

FILE = "portal.sqlite"


def copy_store(folder: Path) -> None:
    """Put a migrated, empty store into a data folder, which is made where it is not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_bytes(_template())


@cache
def _template() -> bytes:
    with tempfile.TemporaryDirectory(prefix="portal-template-") as folder:
        engine = core_engine(Settings(data_dir=Path(folder), secret_key="test"))
        migrations.upgrade(engine)
        engine.dispose()  # the last connection writes the log back: the file is the whole store
        return (Path(folder) / FILE).read_bytes()
