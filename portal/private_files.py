"""Files and folders that only the portal's own user may read, whatever the umask.

They hold reports that no one else may see, addresses of residents and keys.

    make_folder(settings.data_dir)          # 0700, like every folder above it that was missing
    with open_file(path, "wb") as file: …   # 0600
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

FOLDER_MODE, FILE_MODE = 0o700, 0o600
_OTHERS = 0o077
_MAKING = threading.Lock()


def set_umask() -> None:
    """From now on this process and its children make nothing that others may read."""
    os.umask(_OTHERS)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing. One that is there stays as it is."""
    if folder.is_dir():
        return
    if folder.parent != folder:
        make_folder(folder.parent)
    folder.mkdir(mode=FOLDER_MODE, exist_ok=True)


def make_file(path: Path) -> None:
    """Make an empty file; one that is there stays as it is, even where nothing can be written.

    It is never opened here once it may be in use: closing a store's file would take from SQLite
    the locks that this process holds on it.
    """
    with _MAKING, suppress(FileExistsError):
        if not path.exists():
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE))


def open_file(path: Path, mode: str) -> IO[Any]:
    """`open` for writing, in a folder that is there."""
    encoding = None if "b" in mode else "utf-8"
    # Path.open takes no opener.
    return open(path, mode, encoding=encoding, opener=_open_private)  # noqa: PTH123


def write_text(path: Path, text: str) -> None:
    """Write a text file."""
    with open_file(path, "w") as file:
        file.write(text)


def write_bytes(path: Path, body: bytes) -> None:
    """Write a file."""
    with open_file(path, "wb") as file:
        file.write(body)


def close_to_others(path: Path) -> None:
    """Take from others what they may do with a file or folder of ours, if it is there."""
    if is_open_to_others(path):
        path.chmod(stat.S_IMODE(path.stat().st_mode) & ~_OTHERS)


def is_open_to_others(path: Path) -> bool:
    """Whether anyone but the owner may read, write or enter it. False where there is nothing."""
    try:
        return bool(path.lstat().st_mode & _OTHERS) and not path.is_symlink()
    except FileNotFoundError:
        return False


def find_open_to_others(folder: Path) -> Iterator[Path]:
    """What is open to others in a folder, itself included; sorted by name within each folder."""
    if is_open_to_others(folder):
        yield folder
    for parent, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted([*folders, *files]):
            if is_open_to_others(path := Path(parent) / name):
                yield path


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, FILE_MODE)
