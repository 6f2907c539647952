"""What keys in a shared cache begin with: the program, its settings and its store.

Two versions of the program, two installations, or two stores can use one cache server and never
read each other's pages. Machines that are to share have the same code, `PORTAL_SECRET_KEY`,
`PORTAL_DATABASE_URL` and settings; those about one machine alone may differ.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import platform
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from portal.secrets import derive_key
from portal.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
CODE_FOLDERS = ("portal", "layouts", "callbacks", "assets")
CODE_ENDINGS = frozenset({".py", ".toml", ".mo", ".json", ".css", ".js", ".svg", ".html"})
PACKAGES = ("dash", "dash-leaflet", "flask")
"""Packages whose version a page shows."""
MACHINE_SETTINGS = frozenset(
    {
        "port",
        "host",
        "data_dir",
        "database_url",
        "public_database_url",
        "workers",
        "sync_seconds",
        "sync_enabled",
        "desk_port",
        "desk_host",
        "desk_base_url",
        "desk_network",
        "desk_url",
        "log_level",
        "cache_url",
        "cache_mb",
        "metrics_host",
        "metrics_port",
    }
)
"""Settings that change no page, or that `name_store` speaks for."""


def name_program(settings: Settings) -> str:
    """The first part of every key, such as `portal-3f9c…`: the same on machines that may share."""
    named = json.dumps(
        [_digest_code(), [version(name) for name in PACKAGES], _dump_settings(settings)]
    )
    secret = derive_key(settings, "cache keys").encode()
    return f"portal-{hmac.new(secret, named.encode(), hashlib.sha256).hexdigest()[:24]}"


def name_store(settings: Settings) -> str:
    """The store's name: the database without its login, or the machine and its data folder."""
    if not settings.database_url:
        return f"{platform.node()} {settings.data_dir.resolve()}"
    url = make_url(settings.database_url)
    return f"{url.host or platform.node()}:{url.port or ''}/{url.database}"


def _dump_settings(settings: Settings) -> dict[str, Any]:
    shown = settings.model_dump(mode="json", exclude=set(MACHINE_SETTINGS))
    return shown | {"site_url": settings.site_url, "store": name_store(settings)}


def _digest_code() -> str:
    """A digest of every file that decides what a page looks like; takes some milliseconds."""
    digest = hashlib.sha256()
    for path in _code_files():
        body = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT)} {len(body)}\n".encode() + body)
    return digest.hexdigest()


def _code_files() -> Iterator[Path]:
    yield ROOT / "app.py"
    for folder in CODE_FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in CODE_ENDINGS:
                yield path
