"""The portal at run time: settings, cities, two engines, the facts and what is kept of answers.

portal = Portal(settings)
city = portal.city("boston.localhost:8050")
page = portal.cached(newest_cases, city.id, case_filter, city.zone, now, 50)
"""

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
from portal.cache.answer_store import AnswerStore
from portal.cache.shared import MemoryBytes, Question, SharedAnswers
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import NotReady
from portal.facts.reader import Facts, FactsVersions
from portal.settings import Settings
from portal.store import engines

if TYPE_CHECKING:
    from portal.geocoder import Geocoder

QUICK_SECONDS = 0.05
HELPERS = 4
"""Threads that ask beside those that answer; a web process has as many of those."""


@dataclass(frozen=True)
class StaleAnswer:
    """An answer of `cached_stale`: the store's version it is from, and the seconds it took."""

    version: int
    answer: Any
    seconds: float


class Portal:
    """What pages, routes and jobs read and write through.

    Cheap to make: engines connect when first used. `memory` bounds all answers that this process
    keeps; `shared` holds those that other processes may use (portal.cache).
    """

    def __init__(self, settings: Settings, cities: dict[str, Jurisdiction] | None = None) -> None:
        self.settings = settings
        self.cities = cities or {
            city_id: jurisdictions.load(city_id) for city_id in settings.city_ids
        }
        self.memory = AnswerStore(settings.cache_mb << 20)
        # A web process puts Flask-Caching in its place (portal.cache.setup).
        self.shared = SharedAnswers(MemoryBytes(self.memory), "here")
        self._answers = self.memory.part("answers")
        self._stale = self.memory.part("stale")
        self._facts_versions = FactsVersions(self.facts_folder)
        self._renewing = threading.Lock()
        self._helpers = ThreadPoolExecutor(HELPERS, thread_name_prefix="portal-helper")

    @cached_property
    def core(self) -> Engine:
        """The engine that may do everything: for writes, jobs and staff."""
        return engines.core_engine(self.settings)

    @cached_property
    def public(self) -> Engine:
        """The engine that sees only the public views: for anonymous pages, tiles and files."""
        return engines.public_engine(self.settings)

    @cached_property
    def geocoder(self) -> Geocoder | None:
        """Finds addresses beyond the city's own cases; None where none is configured."""
        if not self.settings.geocoder_url:
            return None
        # The HTTP client takes time to import, and few cities need it here.
        from portal.geocoder import Geocoder

        return Geocoder(self.settings.geocoder_url, kept=self.memory.part("geocoder"))

    @property
    def facts_folder(self) -> Path:
        """Where facts files are published."""
        return self.settings.data_dir / "facts"

    @property
    def photos_folder(self) -> Path:
        """Where the files of photos are (portal.photos.files)."""
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
        return self._facts_versions.newest(city_id)

    def data_version(self, city_id: str) -> int:
        """The number of the last batch stored for a city; 0 before the first."""
        with engines.explain_timeouts():
            return engines.select_value(self.public, _VERSION, city_id) or 0

    def state(self, city_id: str) -> Hashable:
        """The versions of a city's store and facts.

        With the question and the clock, they are all that an answer depends on.
        """
        try:
            facts = self.facts(city_id)
        except NotReady:
            return self.data_version(city_id), None
        return self.data_version(city_id), facts.rev, facts.as_of

    @contextmanager
    def public_connection(self) -> Iterator[Connection]:
        """A connection of the public engine, for what must not be kept.

        Raises NotReady when a statement takes too long.
        """
        with engines.explain_timeouts(), self.public.connect() as connection:
            yield connection

    def read(self, query: Callable[..., Any], city_id: str, *args: Any) -> Any:
        """`query(facts, *args)`, kept until newer facts are published."""
        facts = self.facts(city_id)
        return self._answers.get_or_ask(
            _make_key(query, city_id, (facts.rev, facts.as_of), args), lambda: query(facts, *args)
        )

    def read_hourly(self, query: Callable[..., Any], city_id: str, hour: int, *args: Any) -> Any:
        """`query(facts, *args, hour)` and the version of these facts, kept through the hour (s).

        For what forms say: reports publish newer facts every second while many send one.
        """
        facts = self.facts(city_id)
        return self._answers.get_or_ask(
            _make_key(query, city_id, hour, args), lambda: (query(facts, *args, hour), facts.rev)
        )

    def cached(self, query: Callable[..., Any], city_id: str, *args: Any) -> Any:
        """`query(connection, city_id, *args)` on the public engine, kept until the store changes.

        Raises NotReady when it takes too long.
        """
        # The version is read first: what is kept under it may be newer, never older.
        key = _make_key(query, city_id, self.data_version(city_id), args)
        return self._answers.get_or_ask(key, lambda: self._ask(query, city_id, args))

    def cached_in_background(
        self, query: Callable[..., Any], city_id: str, *args: Any
    ) -> Callable[[], Any]:
        """`cached` while the caller asks for something else; the result waits for the answer."""
        return self._helpers.submit(self.cached, query, city_id, *args).result

    def read_shared(
        self, query: Callable[..., bytes], city_id: str, *args: Any, seconds: int
    ) -> bytes:
        """`read` for a query that returns bytes: other processes may use them, for `seconds`."""
        # The version is read first: what is kept under it may be newer, never older.
        question = _make_question(query, city_id, self.state(city_id), args)
        facts = self.facts(city_id)
        return self.shared.get_or_make(question, lambda: query(facts, *args), seconds)

    def cached_shared(
        self, query: Callable[..., bytes], city_id: str, *args: Any, seconds: int
    ) -> bytes:
        """`cached` for a query that returns bytes: other processes may use them, for `seconds`."""
        question = _make_question(query, city_id, self.state(city_id), args)
        return self.shared.get_or_make(question, lambda: self._ask(query, city_id, args), seconds)

    def cached_stale(self, query: Callable[..., Any], city_id: str, *args: Any) -> Any:
        """`cached` for what takes a second to make: as it was when last renewed (`renew`).

        It is made now where it never was. What takes no time is as fresh as from `cached`.
        """
        kept = self._stale.get(_make_key(query, city_id, None, args))
        if kept is None or kept.seconds < QUICK_SECONDS:
            kept = self.renew(query, city_id, *args)
        return kept.answer

    def renew(self, query: Callable[..., Any], city_id: str, *args: Any) -> StaleAnswer:
        """Make what `cached_stale` gives, unless nothing was stored since."""
        key = _make_key(query, city_id, None, args)
        version = self.data_version(city_id)
        with self._renewing:
            kept = self._stale.get(key)
            if kept is None or kept.version != version:
                started = perf_counter()
                answer = self._ask(query, city_id, args)
                kept = StaleAnswer(version, answer, perf_counter() - started)
                self._stale.keep(key, kept)
            return kept

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

    def _ask(self, query: Callable[..., Any], city_id: str, args: tuple[Any, ...]) -> Any:
        with self.public_connection() as connection:
            return query(connection, city_id, *args)


_VERSION = "select rev from public_data_versions where jurisdiction_id = ?"


def _make_key(
    query: Callable[..., Any], city_id: str, version: Hashable, args: tuple[Any, ...]
) -> Hashable:
    return _name_query(query), city_id, version, repr(args)


def _make_question(
    query: Callable[..., Any], city_id: str, version: Hashable, args: tuple[Any, ...]
) -> Question:
    return Question("answer", city_id, _name_query(query), version, args)


def _name_query(query: Callable[..., Any]) -> str:
    return f"{query.__module__}.{query.__qualname__}"
