"""`python -m portal doctor`: what is wrong with this installation, and how to mend it. Looks, and changes nothing."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from portal import jurisdictions, migrations
from portal.errors import PortalError
from portal.facts.publish import newest
from portal.settings import Settings
from portal.store import engines

OLDEST_PYTHON = (3, 11)
OLDEST_POSTGRESQL = 14
LITTLE_DISK, TOO_LITTLE_DISK = 2 << 30, 200 << 20
CLOCK_SLACK = timedelta(minutes=5)
LATE_SYNC = timedelta(days=1)
LONGEST_LEASE = timedelta(days=1)


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `error`: it does not work; `warning`: it works, but somebody should look."""

    level: Literal["ok", "warning", "error"]
    what: str
    how_to_mend: str | None = None


Findings = Iterator[Finding]


def examine(
    settings: Settings, now: datetime | None = None, unread: Sequence[str] = ()
) -> list[Finding]:
    """Everything that can be looked at from here, the foundations first. What stands on a broken one is not looked at.

    `unread` are variables of the environment that look like settings and are none.
    """
    now = now or datetime.now(UTC)
    findings = [
        Finding(
            "warning", f"{name} is no setting: nobody reads it", "docs/settings.md lists them all"
        )
        for name in unread
    ]
    findings += [
        finding
        for look in (_python, _settings, _cities, _data_folder, _disk)
        for finding in look(settings)
    ]
    findings += _found(
        lambda: _database(settings),
        "the database cannot be reached",
        "start it, or correct PORTAL_DATABASE_URL",
    )
    if any(finding.level == "error" for finding in findings):
        return findings
    with (
        _for_a_while(engines.core_engine(settings)) as core,
        _for_a_while(engines.public_engine(settings)) as public,
    ):
        findings += _found(
            lambda: _public_boundary(public),
            "the public engine cannot read",
            "python -m portal migrate",
        )
        with core.connect() as connection:
            for look in (_clock, _leases, _facts, _syncs):
                findings += look(connection, settings, now)
    return findings


def _python(_settings: Settings) -> Findings:
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < OLDEST_PYTHON:
        yield Finding(
            "error",
            f"Python {version} is too old",
            "install Python 3.11 or newer and run `make run` again",
        )
    else:
        yield Finding("ok", f"Python {version}")


def _settings(settings: Settings) -> Findings:
    if settings.base_url and not settings.base_url.startswith(("http://", "https://")):
        yield Finding(
            "error",
            f"PORTAL_BASE_URL is {settings.base_url}",
            "write it with its https:// in front",
        )
    elif settings.host not in ("127.0.0.1", "::1", "localhost") and not settings.base_url:
        yield Finding(
            "warning",
            f"links to this portal begin with {settings.site_url}",
            "set PORTAL_BASE_URL to the address residents type",
        )
    else:
        yield Finding("ok", f"the portal's address is {settings.site_url}")


def _cities(settings: Settings) -> Findings:
    try:
        names = [jurisdictions.load(city_id).name for city_id in settings.city_ids]
    except PortalError as problem:
        yield Finding("error", str(problem), "correct the file, or PORTAL_JURISDICTIONS")
    else:
        yield Finding("ok", f"cities: {', '.join(names)}")


def _data_folder(settings: Settings) -> Findings:
    folder = settings.data_dir.absolute()
    if not folder.is_dir():
        yield Finding("error", f"the data folder {folder} is not there", "python -m portal migrate")
    elif not os.access(folder, os.W_OK | os.X_OK):
        yield Finding(
            "error",
            f"the data folder {folder} may not be written by user {os.geteuid()}",
            f"chown -R {os.geteuid()} {folder}, or set PORTAL_DATA_DIR",
        )
    else:
        yield Finding("ok", f"the data folder is {folder}")
        yield from _secret_file(settings)


def _secret_file(settings: Settings) -> Findings:
    path = settings.data_dir.absolute() / "secret"
    if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield Finding("error", f"{path} can be read by others", f"chmod 600 {path}")


def _disk(settings: Settings) -> Findings:
    folder = settings.data_dir.absolute()
    if not folder.is_dir():
        return
    free = shutil.disk_usage(folder).free
    what, way_out = (
        f"{free / (1 << 20):,.0f} MB free in {folder}",
        "free some space, or move the folder and set PORTAL_DATA_DIR",
    )
    if free < LITTLE_DISK:
        yield Finding("error" if free < TOO_LITTLE_DISK else "warning", f"only {what}", way_out)
    else:
        yield Finding("ok", what)


def _database(settings: Settings) -> Findings:
    url = engines.store_url(settings)
    if url.get_backend_name() == "sqlite":
        if not Path(str(url.database)).exists():
            yield Finding(
                "error", f"there is no store yet ({url.database})", "python -m portal migrate"
            )
            return
        yield Finding("ok", f"SQLite {engines.sqlite_module().sqlite_version}")
    with _for_a_while(engines.core_engine(settings)) as core:
        yield from _server(core)
        yield from _tables(core)


def _server(core: Engine) -> Findings:
    if core.dialect.name != "postgresql":
        return
    with core.connect() as connection:
        version = connection.execute(text("show server_version")).scalar_one()
    if int(version.split(".")[0]) < OLDEST_POSTGRESQL:
        yield Finding(
            "error", f"PostgreSQL {version} is too old", f"use {OLDEST_POSTGRESQL} or newer"
        )
    else:
        yield Finding("ok", f"PostgreSQL {version}")


def _tables(core: Engine) -> Findings:
    have, want = migrations.current(core), migrations.head()
    if have == want:
        yield Finding("ok", f"the store is at {have}, as this program wants it")
    elif migrations.is_known(have):
        yield Finding(
            "error",
            f"the store is at {have or 'nothing'}, this program wants {want}",
            "python -m portal migrate",
        )
    else:
        yield Finding(
            "error",
            f"the store is at {have}, newer than this program ({want})",
            "install the newer program",
        )


def _public_boundary(public: Engine) -> Findings:
    """Try what the public engine must be able to do, and what it must not."""
    with public.connect() as connection:
        connection.execute(text("select max(rev) from public_data_versions")).scalar_one()
    for forbidden in (
        "select count(*) from cases",
        "select count(*) from quarantine",
        "create temporary table mine (x integer)",
    ):
        with suppress(SQLAlchemyError), public.connect() as connection:
            connection.execute(text(forbidden))
            yield Finding("error", f"the public engine was allowed to: {forbidden}", _HOW_TO_CLOSE)
            return
    yield Finding("ok", "the public engine reads the public views and nothing else")


_HOW_TO_CLOSE = "python -m portal migrate as the database's owner; or empty PORTAL_PUBLIC_DATABASE_URL and let it make the public login"


def _clock(connection: Connection, _settings: Settings, now: datetime) -> Findings:
    newest_at = connection.execute(text("select max(changed_at) from data_versions")).scalar()
    if newest_at and newest_at > (now + CLOCK_SLACK).timestamp():
        yield Finding(
            "error",
            f"the clock says {_utc(now)}, but cases were stored at {_utc(newest_at)}",
            "set the clock (timedatectl)",
        )
    else:
        yield Finding("ok", f"the clock says {_utc(now)}")


def _leases(connection: Connection, _settings: Settings, now: datetime) -> Findings:
    too_far = int((now + LONGEST_LEASE).timestamp())
    # The weekly look's lease is its calendar: nobody holds it, and it is meant to last.
    rows = connection.execute(
        text(
            "select jurisdiction_id, name, holder, expires_at from leases where expires_at > :far and name not like 'reconcile %'"
        ),
        {"far": too_far},
    )
    for city_id, name, holder, expires_at in rows:
        what = (
            f"{city_id}: {holder} holds {name} until {_utc(expires_at)}, longer than any job takes"
        )
        yield Finding(
            "warning",
            what,
            f"if that process is gone: delete from leases where jurisdiction_id = '{city_id}' and name = '{name}'",
        )


def _facts(connection: Connection, settings: Settings, _now: datetime) -> Findings:
    for city_id in settings.city_ids:
        query = text("select rev from data_versions where jurisdiction_id = :city")
        stored = connection.execute(query, {"city": city_id}).scalar() or 0
        published = newest(settings.data_dir / "facts", city_id)
        if published and published.rev > stored:
            what = f"{city_id}: the published facts are of batch {published.rev}, and the store is at {stored}, as after a restored backup"
            yield Finding(
                "error",
                what,
                f"python -m portal facts rebuild {city_id}; `run` and the next sync do it too",
            )
        elif published and published.rev == stored:
            yield Finding("ok", f"{city_id}: facts of batch {published.rev} are published")
        elif stored:
            what = f"{city_id}: the store is at batch {stored}, the published facts at {published.rev if published else 'nothing'}"
            yield Finding(
                "warning",
                what,
                f"the next sync brings them up; at once: python -m portal facts rebuild {city_id}",
            )


def _syncs(connection: Connection, settings: Settings, now: datetime) -> Findings:
    last_run = text(
        "select state, message from sync_runs where jurisdiction_id = :city order by sync_run_id desc limit 1"
    )
    last_good = text(
        "select max(finished_at) from sync_runs where jurisdiction_id = :city and state = 'done'"
    )
    for city_id in settings.city_ids:
        done_at = connection.execute(last_good, {"city": city_id}).scalar()
        state, message = connection.execute(last_run, {"city": city_id}).first() or ("none", None)
        if state == "failed":
            yield Finding(
                "warning",
                f"{city_id}: the last sync failed: {message}",
                f"python -m data_sync sync {city_id} tries again",
            )
        elif done_at is None:
            yield Finding(
                "warning",
                f"{city_id}: no sync has come to its end yet",
                f"python -m data_sync sync {city_id}",
            )
        elif done_at < (now - LATE_SYNC).timestamp():
            what = f"{city_id}: the last good sync ended {_utc(done_at)}"
            yield Finding(
                "warning", what, f"python -m data_sync sync {city_id} says what is in its way"
            )
        else:
            yield Finding("ok", f"{city_id}: the last good sync ended {_utc(done_at)}")


def _found(look: Callable[[], Findings], what: str, how_to_mend: str) -> list[Finding]:
    """What a look found; a database that refuses is a finding too."""
    try:
        return list(look())
    except PortalError as problem:
        return [Finding("error", str(problem), how_to_mend)]
    except SQLAlchemyError as problem:
        reason = str(getattr(problem, "orig", None) or problem).strip().splitlines()[0]
        return [Finding("error", f"{what}: {reason}", how_to_mend)]


@contextmanager
def _for_a_while(engine: Engine) -> Iterator[Engine]:
    try:
        yield engine
    finally:
        engine.dispose()


def _utc(moment: datetime | int) -> str:
    at = moment if isinstance(moment, datetime) else datetime.fromtimestamp(moment, UTC)
    return f"{at:%Y-%m-%d %H:%M} UTC"
