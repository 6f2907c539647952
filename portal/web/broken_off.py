"""Dropping the connection of an answer that cannot be made to its end.

Granian ends an answer that is given up as it ends a whole one, and half a file would pass for all
of it. So its connection is shut below Granian, by its visitor's address and port: the visitor sees
an answer that broke off. Where that fails, the answer never ends, and passes for whole as little.
"""

from __future__ import annotations

import os
import re
import socket
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

_UNENDED: list[Any] = []
"""Answers whose connection was not found: as long as they are here, they do not end."""


def drop_connection(client: str, transport: Any) -> bool:
    """Shut the connection of `client` ("192.0.2.7:4711"); whether it was found."""
    if any(_shut(number, client) for number in _open_files()):
        return True
    _UNENDED.append(transport)
    return False


def _open_files() -> list[int]:
    folder = Path("/proc/self/fd")
    return [int(file.name) for file in folder.iterdir()] if folder.is_dir() else []


def _shut(number: int, client: str) -> bool:
    with suppress(OSError):
        if not stat.S_ISSOCK(os.fstat(number).st_mode):
            return False
    with suppress(OSError), socket.socket(fileno=os.dup(number)) as connection:
        peer = connection.getpeername()  # an empty text for a socket of this machine's own
        if isinstance(peer, tuple) and f"{peer[0]}:{peer[1]}" == re.sub(r"[\[\]]", "", client):
            connection.shutdown(socket.SHUT_RDWR)
            return True
    return False
