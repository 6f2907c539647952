"""`python -m portal doctor`: what is wrong with this installation, and how to fix it.

It changes nothing, and tries what it calls ok: it reads the store and the facts to their ends, and
writes a small file that it removes again. One finding does not hide the others. Each is one line,
with a second one for the way out:

    WRONG  there is no store yet (/srv/var/portal.sqlite)
           → python -m portal migrate
"""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from portal import jurisdictions, migrations, private_files
from portal.errors import PortalError
from portal.facts.pointer import newest, pointer_path
from portal.facts.soundness import find_damage
from portal.notifications.alerts import can_send
from portal.settings import Settings
from portal.store import engines, refusals, room
from portal.store.unwritable import find_cause
from portal.web import proxies

OLDEST_PYTHON = (3, 11)
OLDEST_POSTGRESQL = 14
CACHE_SECONDS = 1.0
CLOCK_SLACK = timedelta(minutes=5)
LATE_SYNC = timedelta(days=1)
PROXY_DAYS = 2
"""How long a sign of a wrong number of proxies counts."""
LONGEST_LEASE = timedelta(days=1)
_RESTORE = "stop the portal and restore a backup, as docs/operations.md says"


@dataclass(frozen=True)
class Finding:
    """One thing we checked. `error`: it does not work; `warning`: it works, but needs a look."""

    level: Literal["ok", "warning", "error"]
    what: str
    way_out: str | None = None


Findings = Iterator[Finding]


def examine(
    settings: Settings, now: datetime | None = None, unread: Sequence[str] = ()
) -> list[Finding]:
    """Everything that can be checked from here, foundations first.

    Only what is in the store is left out where the store itself cannot be used. `now` is the
    current time if not given. `unread` are environment variables that look like settings and are
    not.
    """
    findings = [*_check_names(unread), *_check_machine(settings)]
    store = _check_database(settings)
    findings += store
    if not any(finding.level == "error" for finding in store):
        findings += _check_contents(settings, now or datetime.now(UTC))
    way_out = "run the doctor as the user that runs the portal"
    files = partial(_check_facts_files, settings)
    return findings + _collect(files, "the facts could not be looked at", way_out)


def _check_names(unread: Sequence[str]) -> Findings:
    for name in unread:
        what = f"{name} is not a setting: nothing reads it"
        yield Finding("warning", what, "docs/settings.md lists them all")


def _check_machine(settings: Settings) -> Findings:
    checks = (
        _check_python,
        _check_settings,
        _check_proxies,
        _check_cities,
        _check_data_folder,
        _check_disk,
        _check_cache,
    )
    for check in checks:
        way_out = "run the doctor as the user that runs the portal"
        yield from _collect(partial(check, settings), "this could not be looked at", way_out)


def _check_contents(settings: Settings, now: datetime) -> list[Finding]:
    """What is in a store that is there and up to date."""
    setting = refusals.PUBLIC if settings.public_database_url else ""
    with _disposing(engines.public_engine(settings)) as public:
        findings = _collect(
            lambda: _check_public_boundary(public),
            "the public engine cannot read",
            "python -m portal migrate",
            partial(refusals.explain, url=public.url, setting=setting),
        )
    way_out = _RESTORE
    with _disposing(engines.core_engine(settings)) as core:
        for check in (_check_pages, _check_clock, _check_leases, _check_facts, _check_syncs):
            with core.connect() as connection:
                ask = partial(check, connection, settings, now)
                findings += _collect(ask, "the store cannot be read", way_out)
    return findings


def _check_python(_settings: Settings) -> Findings:
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < OLDEST_PYTHON:
        way_out = "install Python 3.11 or newer and run `make run` again"
        yield Finding("error", f"Python {version} is too old", way_out)
    else:
        yield Finding("ok", f"Python {version}")


def _check_settings(settings: Settings) -> Findings:
    if settings.base_url and not settings.base_url.startswith(("http://", "https://")):
        yield Finding(
            "error", f"PORTAL_BASE_URL is {settings.base_url}", "write it with https:// in front"
        )
    elif settings.host not in ("127.0.0.1", "::1", "localhost") and not settings.base_url:
        what = f"links to this portal begin with {settings.site_url}"
        yield Finding("warning", what, "set PORTAL_BASE_URL to the address residents type")
    else:
        yield Finding("ok", f"the portal's address is {settings.site_url}")


def _check_proxies(settings: Settings) -> Findings:
    """Whether visitors are told apart, where a proxy is in front."""
    folder = settings.data_dir / proxies.FOLDER
    signs = proxies.signs_since(folder, time.time() - PROXY_DAYS * 86_400)
    trusted = settings.trusted_proxies
    wanted = "PORTAL_TRUSTED_PROXIES is how many add to X-Forwarded-For: docs/operations.md"
    if not trusted and (settings.site_url.startswith("https://") or "ignored" in signs):
        what = "a proxy is in front, and every visitor seems to have its address: no limit holds"
        yield Finding("warning", what, wanted)
    elif trusted and "missing" in signs:
        what = f"requests came past some of the {trusted} trusted proxies, or one names no visitor"
        yield Finding("warning", what, wanted)
    else:
        yield Finding("ok", f"{trusted} trusted proxies")


def _check_cities(settings: Settings) -> Findings:
    try:
        cities = [jurisdictions.load(city_id) for city_id in settings.city_ids]
    except PortalError as problem:
        yield Finding("error", str(problem), "correct the file, or PORTAL_JURISDICTIONS")
    else:
        yield Finding("ok", f"cities: {', '.join(city.name for city in cities)}")
        for city in cities:
            if not can_send(settings, city):
                what = f"{city.name} sends no e-mail: none is offered, and no one hears by it"
                yield Finding("warning", what, "set PORTAL_SMTP_URL and PORTAL_MAIL_FROM")


def _check_data_folder(settings: Settings) -> Findings:
    folder = settings.data_dir.absolute()
    if not folder.is_dir():
        yield Finding("error", f"the data folder {folder} is not there", "python -m portal migrate")
    else:
        yield _try_to_write(folder)
        yield from _check_secret_file(settings)
        yield from _check_modes(folder)


def _try_to_write(folder: Path) -> Finding:
    user = os.geteuid()
    try:
        room.write_probe(folder)
    except OSError as problem:
        what = f"the data folder {folder} cannot be written by user {user}: {problem.strerror}"
        if find_cause(problem) == "full":
            return Finding("error", what, "free some space, or set PORTAL_DATA_DIR")
        way_out = f"chown -R {user} {shlex.quote(str(folder))}, or set PORTAL_DATA_DIR"
        return Finding("error", what, way_out)
    return Finding("ok", f"the data folder is {folder}, and can be written")


def _check_secret_file(settings: Settings) -> Findings:
    path = settings.data_dir.absolute() / "secret"
    if private_files.is_open_to_others(path):
        yield Finding("error", f"{path} can be read by others", f"chmod 600 {path}")
    if path.exists() and not path.stat().st_size:
        yield Finding("error", f"{path} is empty", f"rm {path}; the next start makes another key")


def _check_modes(folder: Path) -> Findings:
    """Files from before the portal closed all of its own to others, or copied here since."""
    found = [path for path in private_files.find_open_to_others(folder) if path.name != "secret"]
    if not found:
        yield Finding("ok", "no one else on this machine may read the data folder")
        return
    what = f"{len(found):,} files and folders can be read by others, such as {found[0]}"
    yield Finding("warning", what, f"chmod -R go= {shlex.quote(str(folder))}")


def _check_disk(settings: Settings) -> Findings:
    folder = settings.data_dir.absolute()
    if not folder.is_dir():
        return
    free = room.free_bytes(settings)
    what = f"{room.describe_free(free)} in {folder}"
    if free >= room.LITTLE_DISK:
        yield Finding("ok", what)
        return
    level = "error" if free < room.TOO_LITTLE_DISK else "warning"
    way_out = "free some space, or move the folder and set PORTAL_DATA_DIR"
    yield Finding(level, f"only {what}", way_out)


def _check_cache(settings: Settings) -> Findings:
    if not settings.cache_url:
        yield Finding("ok", f"the cache is {settings.cache_mb} MB of memory in each process")
        return
    from portal.cache.redis_cache import check_server  # the client takes time to import

    reason = check_server(settings.cache_url, CACHE_SECONDS)
    if reason is None:
        yield Finding("ok", "the cache server answers")
        return
    what = f"the cache server does not answer ({reason}); pages come without it, and are slower"
    yield Finding("warning", what, "start it, or correct PORTAL_CACHE_URL")


def _check_database(settings: Settings) -> list[Finding]:
    is_file = settings.database_url.startswith("sqlite") or not settings.database_url
    way_out = _RESTORE if is_file else "start it, or correct PORTAL_DATABASE_URL"
    explain = partial(refusals.explain, url=engines.store_url(settings))
    what = "the database cannot be reached"
    return _collect(lambda: _check_store(settings), what, way_out, explain)


def _check_store(settings: Settings) -> Findings:
    url = engines.store_url(settings)
    if url.get_backend_name() == "sqlite":
        if not Path(str(url.database)).exists():
            what = f"there is no store yet ({url.database})"
            yield Finding("error", what, "python -m portal migrate")
            return
        yield Finding("ok", f"SQLite {engines.sqlite_module().sqlite_version}")
    with _disposing(engines.core_engine(settings)) as core:
        yield from _check_server(core)
        yield from _check_revision(core)


def _check_server(core: Engine) -> Findings:
    if core.dialect.name != "postgresql":
        return
    with core.connect() as connection:
        version = connection.execute(text("show server_version")).scalar_one()
    if int(version.split(".")[0]) < OLDEST_POSTGRESQL:
        what = f"PostgreSQL {version} is too old"
        yield Finding("error", what, f"use {OLDEST_POSTGRESQL} or newer")
    else:
        yield Finding("ok", f"PostgreSQL {version}")


def _check_revision(core: Engine) -> Findings:
    have = migrations.read_revision(core)
    want = migrations.get_wanted_revision()
    if refusal := migrations.find_refusal(core):
        yield Finding("error", refusal.reason, refusal.way_out)
    elif have == want:
        yield Finding("ok", f"the store is at {have}, as this program wants it")
    else:
        what = f"the store is at {have or 'nothing'}, this program wants {want}"
        yield Finding("error", what, "python -m portal migrate")


def _check_public_boundary(public: Engine) -> Findings:
    """Try what the public engine must be able to do, and what it must not."""
    with public.connect() as connection:
        connection.execute(text("select max(rev) from public_data_versions")).scalar_one()
    for forbidden in _FORBIDDEN:
        with suppress(SQLAlchemyError), public.connect() as connection:
            connection.execute(text(forbidden))
            yield Finding(
                "error", f"the public engine was allowed to: {forbidden}", _CLOSE_BOUNDARY
            )
            return
    yield Finding("ok", "the public engine reads the public views and nothing else")


_FORBIDDEN = (
    "select count(*) from cases",
    "select count(*) from quarantine",
    "create temporary table mine (x integer)",
)
_CLOSE_BOUNDARY = (
    "python -m portal migrate as the database's owner;"
    " or empty PORTAL_PUBLIC_DATABASE_URL and let it make the public login"
)


def _check_pages(connection: Connection, _settings: Settings, _now: datetime) -> Findings:
    """On SQLite, whether every page of the store's file can be read: some seconds for each GB."""
    if connection.dialect.name != "sqlite":
        return
    (said, *_more) = connection.exec_driver_sql("pragma quick_check(1)").scalars()
    if said == "ok":
        yield Finding("ok", "every page of the store can be read")
    else:
        way_out = _RESTORE
        yield Finding("error", f"the store is damaged: {said}", way_out)


def _check_clock(connection: Connection, _settings: Settings, now: datetime) -> Findings:
    newest_at = connection.execute(text("select max(changed_at) from data_versions")).scalar()
    if newest_at and newest_at > (now + CLOCK_SLACK).timestamp():
        what = (
            f"the clock says {_format_utc(now)}, but cases were stored at {_format_utc(newest_at)}"
        )
        yield Finding("error", what, "set the clock (timedatectl)")
    else:
        yield Finding("ok", f"the clock says {_format_utc(now)}")


def _check_leases(connection: Connection, _settings: Settings, now: datetime) -> Findings:
    too_far = int((now + LONGEST_LEASE).timestamp())
    for city_id, name, holder, expires_at in connection.execute(_LONG_LEASES, {"far": too_far}):
        until = _format_utc(expires_at)
        what = f"{city_id}: {holder} holds {name} until {until}, longer than any job takes"
        row = f"jurisdiction_id = '{city_id}' and name = '{name}'"
        yield Finding("warning", what, f"if that process is gone: delete from leases where {row}")


# The weekly check of open cases uses its lease as a calendar: no process holds it.
_LONG_LEASES = text(
    "select jurisdiction_id, name, holder, expires_at from leases"
    " where expires_at > :far and name not like 'reconcile %'"
)


def _check_facts(connection: Connection, settings: Settings, _now: datetime) -> Findings:
    for city_id in settings.city_ids:
        query = text("select public_rev from data_versions where jurisdiction_id = :city")
        stored = connection.execute(query, {"city": city_id}).scalar() or 0
        published = newest(settings.data_dir / "facts", city_id)
        if published or stored:
            yield _compare_facts(city_id, published.rev if published else 0, stored)


def _check_facts_files(settings: Settings) -> Findings:
    """Whether the published facts can be read, all of them."""
    folder = settings.data_dir / "facts"
    for city_id in settings.city_ids:
        rebuild = f"python -m portal facts rebuild {city_id}; `run` and the worker do it too"
        published = newest(folder, city_id)
        if published is None and pointer_path(folder, city_id).exists():
            what = f"{city_id}: {pointer_path(folder, city_id)} names no facts that can be used"
            yield Finding("error", what, rebuild)
        elif published and (damage := find_damage(published)):
            what = f"{city_id}: the published facts cannot be read: {damage}"
            yield Finding("error", what, rebuild)
        elif published:
            yield Finding("ok", f"{city_id}: the published facts can be read")


def _compare_facts(city_id: str, published: int, stored: int) -> Finding:
    """Whether the published facts are of the store's last public version; 0 is none."""
    rebuild = f"python -m portal facts rebuild {city_id}"
    if published == stored:
        return Finding("ok", f"{city_id}: facts of version {published} are published")
    if published > stored:
        what = (
            f"{city_id}: the published facts are of version {published}, and the store is at"
            f" {stored}, as after a restored backup"
        )
        return Finding("error", what, f"{rebuild}; `run` and the next sync do it too")
    behind = published or "nothing"
    what = f"{city_id}: the store is at version {stored}, the published facts at {behind}"
    return Finding("warning", what, f"the next sync updates them; at once: {rebuild}")


def _check_syncs(connection: Connection, settings: Settings, now: datetime) -> Findings:
    for city_id in settings.city_ids:
        done_at = connection.execute(_LAST_GOOD_SYNC, {"city": city_id}).scalar()
        last = connection.execute(_LAST_SYNC, {"city": city_id}).first()
        state, message = last or ("none", None)
        sync = f"python -m data_sync sync {city_id}"
        if state == "failed":
            what = f"{city_id}: the last sync failed: {message}"
            yield Finding("warning", what, f"{sync} tries again")
        elif done_at is None:
            yield Finding("warning", f"{city_id}: no sync has finished yet", sync)
        elif done_at < (now - LATE_SYNC).timestamp():
            what = f"{city_id}: the last good sync ended {_format_utc(done_at)}"
            yield Finding("warning", what, f"{sync} says what is in its way")
        else:
            yield Finding("ok", f"{city_id}: the last good sync ended {_format_utc(done_at)}")


_LAST_SYNC = text(
    "select state, message from sync_runs where jurisdiction_id = :city"
    " order by sync_run_id desc limit 1"
)
_LAST_GOOD_SYNC = text(
    "select max(finished_at) from sync_runs where jurisdiction_id = :city and state = 'done'"
)


def _collect(
    check: Callable[[], Findings],
    what: str,
    way_out: str,
    explain: Callable[[Exception], refusals.Refusal | None] = lambda _: None,
) -> list[Finding]:
    """What a check found; a database or a disk that refuses is a finding too.

    Its way out is `way_out`, unless `explain` knows a better one.
    """
    findings: list[Finding] = []
    try:
        findings.extend(check())
    except PortalError as problem:
        findings.append(Finding("error", str(problem), way_out))
    except (OSError, SQLAlchemyError) as problem:
        reason = str(getattr(problem, "orig", None) or problem).strip().splitlines()[0]
        if refusal := explain(problem):
            reason, way_out = f"{refusal.reason} ({reason})", refusal.way_out
        findings.append(Finding("error", f"{what}: {reason}", way_out))
    return findings


@contextmanager
def _disposing(engine: Engine) -> Iterator[Engine]:
    try:
        yield engine
    finally:
        engine.dispose()


def _format_utc(moment: datetime | int) -> str:
    at = moment if isinstance(moment, datetime) else datetime.fromtimestamp(moment, UTC)
    return f"{at:%Y-%m-%d %H:%M} UTC"
