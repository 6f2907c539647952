"""gunicorn's hooks (`gunicorn --config python:portal.web_process`): what the web processes share."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def on_starting(server: Any) -> None:
    """Import the program once, before the processes are forked: half the start and much of the memory.

    The modules alone; each process makes its own app, with connections of its own.
    """
    import_module(server.app.app_uri.split(":")[0])
