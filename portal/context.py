"""The portal at run time: settings, cities, two engines, the facts and a cache. The one object handed around."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine

from portal import jurisdictions
from portal.cache import AnswerCache
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import NotReady
from portal.facts.reader import Facts, FactsVersions
from portal.settings import Settings
from portal.store import engines

if TYPE_CHECKING:
    from portal.geocoder import Geocoder

CACHED_BYTES = 64 << 20
QUICK_SECONDS = 0.05
HELPERS = 4
"""Threads that ask beside those that answer, of which a web process has as many."""


@dataclass(frozen=True)
class StaleAnswer:
    """An answer of `cached_stale`: of which version of the store it is, and how long it took to make."""

    version: int
    answer: Any
    seconds: float


class Portal:
    """What pages, routes and jobs read and write through. Cheap to make: engines connect when first used."""

    def __init__(self, settings: Settings, cities: dict[str, Jurisdiction] | None = None) -> None:
        self.settings = settings
        self.cities = cities or {
            city_id: jurisdictions.load(city_id) for city_id in settings.city_ids
        }
        self._answers = AnswerCache(CACHED_BYTES)
        self._shelf = FactsVersions(self.facts_folder)
        self._stale: dict[Hashable, StaleAnswer] = {}
        self._renewing = threading.Lock()
        self._helpers = ThreadPoolExecutor(HELPERS, thread_name_prefix="portal-helper")

    @cached_property
    def core(self) -> Engine:
        """The engine that may do everything; for writes, jobs and staff."""
        return engines.core_engine(self.settings)

    @cached_property
    def public(self) -> Engine:
        """The engine that sees the public views alone; for every anonymous page, tile, file and feed."""
        return engines.public_engine(self.settings)

    @cached_property
    def geocoder(self) -> Geocoder | None:
        """What finds addresses beyond the city's own cases; None where none is configured."""
        from portal.geocoder import (
            Geocoder,  # the HTTP client takes its time to import, and few cities need it here
        )

        return Geocoder(self.settings.geocoder_url) if self.settings.geocoder_url else None

    @property
    def facts_folder(self) -> Path:
        """Where facts files are published."""
        return self.settings.data_dir / "facts"

    @property
    def photos_folder(self) -> Path:
        """Where the files of photos lie (portal.photos.files)."""
        return self.settings.data_dir / "photos"

    def city(self, host: str | None) -> Jurisdiction:
        """The city a host name stands for; the first one where it names none."""
        name = (host or "").rsplit(":", 1)[0].lower()
        return next(
            (city for city in self.cities.values() if name in city.host_names),
            next(iter(self.cities.values())),
        )

    def facts(self, city_id: str) -> Facts:
        """The newest published facts of a city. Raises NotReady when there are none yet."""
        return self._shelf.newest(city_id)

    def data_version(self, city_id: str) -> int:
        """The number of the last batch stored for a city; 0 before the first."""
        with engines.explain_timeouts():
            return engines.select_value(self.public, _VERSION, city_id) or 0

    def state(self, city_id: str) -> Hashable:
        """What an answer about a city depends on beside the question and the clock: the store's version and the facts'."""
        try:
            facts = self.facts(city_id)
        except NotReady:
            return self.data_version(city_id), None
        return self.data_version(city_id), facts.rev, facts.as_of

    @contextmanager
    def public_connection(self) -> Iterator[Connection]:
        """A connection of the public engine, for what must not be kept. Raises NotReady when a statement takes too long."""
        with engines.explain_timeouts(), self.public.connect() as connection:
            yield connection

    def read(self, query: Callable[..., Any], city_id: str, *args: Any) -> Any:
        """`query(facts, *args)`, kept until newer facts are published."""
        facts = self.facts(city_id)
        return self._answers.get_or_ask(
            _key(query, city_id, (facts.rev, facts.as_of), args), lambda: query(facts, *args)
        )

    def cached(self, query: Callable[..., Any], city_id: str, *args: Any) -> Any:
        """`query(connection, city_id, *args)` on the public engine, kept until the store changes. NotReady: it takes too long."""
        # The version is looked at first: what is kept under it may be newer, never older.
        key = _key(query, city_id, self.data_version(city_id), args)

        def ask() -> Any:
            with self.public_connection() as connection:
                return query(connection, city_id, *args)

        return self._answers.get_or_ask(key, ask)

    def cached_in_background(
        self, query: Callable[..., Any], city_id: str, *args: Any
    ) -> Callable[[], Any]:
        """`cached` while the caller asks for something else; what is given back waits for the answer."""
        return self._helpers.submit(self.cached, query, city_id, *args).result

    def cached_stale(self, query: Callable[..., Any], city_id: str, *args: Any) -> Any:
        """The same for what takes a second to make: as it was when last renewed (`renew`), and made now where it never was.

        What is made in no time is as fresh as `cached` would have it.
        """
        held = self._stale.get(_key(query, city_id, None, args))
        if held is None or held.seconds < QUICK_SECONDS:
            held = self.renew(query, city_id, *args)
        return held.answer

    def renew(self, query: Callable[..., Any], city_id: str, *args: Any) -> StaleAnswer:
        """Make what `cached_stale` gives, unless nothing was stored since."""
        key, version = _key(query, city_id, None, args), self.data_version(city_id)
        with self._renewing:
            held = self._stale.get(key)
            if held is None or held.version != version:
                begun = perf_counter()
                with self.public_connection() as connection:
                    answer = query(connection, city_id, *args)
                held = self._stale[key] = StaleAnswer(version, answer, perf_counter() - begun)
            return held

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One write transaction of the core engine."""
        with engines.write(self.core) as connection:
            yield connection

    def close(self) -> None:
        """Give back every connection."""
        self._helpers.shutdown()
        for name in ("core", "public"):
            if engine := self.__dict__.get(name):
                engine.dispose()
        if geocoder := self.__dict__.get("geocoder"):
            geocoder.close()


_VERSION = "select rev from public_data_versions where jurisdiction_id = ?"


def _key(
    query: Callable[..., Any], city_id: str, version: Hashable, args: tuple[Any, ...]
) -> Hashable:
    return f"{query.__module__}.{query.__qualname__}", city_id, version, repr(args)
