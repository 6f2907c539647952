"""A server of 127.0.0.1 that answers at once with a beginning, and then drips, byte by byte."""

from __future__ import annotations

import itertools
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PAUSE_SECONDS = 0.05
"""Between two bytes: any timeout that each byte starts again lasts for ever."""


@contextmanager
def dripping(
    beginning: bytes,
    drops: bytes,
    *,
    speaks_first: bool = False,
    tls: ssl.SSLContext | None = None,
    unix: str = "",
) -> Iterator[int]:
    """The port of such a server, or 0 on a `unix` socket; `drops` are sent over and over.

    It waits for a question first, unless it `speaks_first`, as a mail server does.
    """
    is_over = threading.Event()

    def answer(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            if tls is not None:
                connection = tls.wrap_socket(connection, server_side=True)  # noqa: PLW2901
            if not speaks_first:
                connection.recv(65_536)
            connection.sendall(beginning)
            for drop in itertools.cycle(drops):
                if is_over.wait(PAUSE_SECONDS):
                    return
                connection.sendall(bytes([drop]))

    def listen() -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

    with socket.socket(socket.AF_UNIX if unix else socket.AF_INET) as server:
        server.bind(unix or ("127.0.0.1", 0))
        server.listen()
        threading.Thread(target=listen, daemon=True).start()
        try:
            yield 0 if unix else server.getsockname()[1]
        finally:
            is_over.set()
            server.shutdown(socket.SHUT_RDWR)
