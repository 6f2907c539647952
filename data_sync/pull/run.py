"""One sync of a city: its sources in turn, stored page by page, then the facts published.

    report = sync_city(portal, boston)                                # from the live sources
    report = sync_city(portal, boston, from_files=[Path("2011.csv")])

A page that cannot be read ends its source with a message and leaves the cursor where it was; the
other sources go on. A row that cannot be used goes to quarantine. A lease keeps a second sync out;
a signal ends the run after the page it is at.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from sqlalchemy.exc import DBAPIError

from data_sync.pull import boundaries, definitions, demographics, own_cases, reconcile
from data_sync.pull.area_finder import AreaFinder, load_area_finder
from data_sync.pull.gc_pause import collect_between_pages
from data_sync.pull.lease import SyncLease
from data_sync.pull.read_ahead import read_ahead
from data_sync.pull.repeats import Repeats
from data_sync.pull.report import PLACE_HINTS, Progress, SyncReport
from data_sync.pull.store_problems import describe_store_problem, set_lock_patience
from data_sync.pull.translate import translate_page
from data_sync.reading.base import Cursor, Fetch, Page, Source
from data_sync.reading.fetch import make_fetcher
from data_sync.sources import make_sources
from portal.context import Portal
from portal.domain.claims import clean_reason
from portal.domain.clean_record import CleanRecord
from portal.domain.jurisdiction import BoundaryLayer, Jurisdiction
from portal.domain.sync_notes import TWICE
from portal.errors import PortalError, SourceError
from portal.facts import publish
from portal.services.sync import ingest, republish, spellings, sync_runs
from portal.services.sync.ingest import SourcePage
from portal.services.sync.quarantine import RejectedRow
from portal.services.sync.sync_runs import PageCounts
from portal.store import data_version, engines

PUBLISH_EVERY_SECONDS = 20.0
ALARM_SHARE = 0.01
"""Above this share of unusable rows a source raises an alarm."""
FAILED_SHARE, ENOUGH_ROWS = 0.5, 2
"""Above this share of unusable rows the run has failed.

A live source may bring one row alone, which says nothing of the others.
"""
EXAMPLES = 3
"""Unusable rows that the alarm describes in full."""
STOPPED = "stopped by a signal; the next run goes on from here"
LARGE_PAGE_ROWS, LARGE_PAGE_PAUSE_SECONDS = 500, 0.12
"""On SQLite the sync pauses after a page this large, so that a waiting report gets its turn.

A process that waits for the lock tries again every tenth of a second.
"""
MANY_NEW_CASES = 20_000
"""After this many new cases the database's statistics about its tables are worth renewing."""


@dataclass(frozen=True)
class CheckedPage:
    """A page ready to be stored: its usable rows as records, and the others."""

    records: list[CleanRecord]
    rejected: list[RejectedRow]
    cursor: Cursor | None


def sync_city(
    portal: Portal,
    city: Jurisdiction,
    *,
    from_files: Sequence[Path] = (),
    since: datetime | None = None,
    desk_url: str | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    fetch: Fetch | None = None,
    progress: Progress = lambda report: None,
    stop: threading.Event | None = None,
) -> SyncReport:
    """Sync a city from its live sources, or from files. What goes wrong is in the report.

    `since` reads the live sources from an earlier time; `stop` ends the run after its page. Raises
    Conflict while another sync of the city runs, SettingsError if the city's file is wrong.
    """
    fetch = fetch or make_fetcher(city, desk_url, portal.settings.private_network)
    sources = make_sources(city, fetch, desk_url=desk_url)
    set_lock_patience(portal.core)
    with SyncLease(portal.core, city.id, now) as lease:
        run = _Run(portal, city, fetch, lease, now, progress, stop or threading.Event())
        return run.sync(sources, from_files, since)


@dataclass
class _Reading:
    """What became of a source's pages; `run_id` is None if there was none."""

    run_id: int | None = None
    state: str = sync_runs.DONE
    message: str | None = None
    examples: list[str] = field(default_factory=list)
    repeats: Repeats = field(default_factory=Repeats)
    notes: Counter[str] = field(default_factory=Counter)

    def keep_examples(self, rejected: list[RejectedRow]) -> None:
        self.examples += [row.message for row in rejected[: EXAMPLES - len(self.examples)]]

    def end(self, state: str, message: str) -> None:
        self.state = state
        self.message = message


@dataclass
class _Run:
    """One run, under the city's lease."""

    portal: Portal
    city: Jurisdiction
    fetch: Fetch
    lease: SyncLease
    now: Callable[[], datetime]
    progress: Progress
    stop: threading.Event
    report: SyncReport = field(init=False)
    finder: AreaFinder = field(init=False)
    started_at: float = field(default_factory=time.perf_counter)
    published_at: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        self.report = SyncReport(self.city.id)
        self.finder = AreaFinder(self.city, {})

    def sync(
        self, sources: list[Source], from_files: Sequence[Path], since: datetime | None
    ) -> SyncReport:
        """Everything, in order. What fails is in the report."""
        try:
            self._prepare()
            if from_files:
                for path in from_files:
                    self._sync_file(sources, path)
            else:
                for source in sources:
                    self._sync_source(source, since)
                self._fetch_missing_layers()
            self._settle_spellings()
        except (DBAPIError, OSError, duckdb.Error) as problem:
            self.report.fail(describe_store_problem(self.city, problem))
        self._publish_at_end()
        self.report.seconds = time.perf_counter() - self.started_at
        self._renew_statistics()
        return self.report

    def _prepare(self) -> None:
        publish.rebuild_if_ahead(self.portal.core, self.city, self.portal.facts_folder)
        with self.portal.transaction() as connection:
            self.report.data_version = data_version.lock(connection, self.city.id, self._epoch())
        boundaries.load_missing_layers(self.portal, self.city, self.now())
        demographics.load_missing_figures(self.portal, self.city, self.now())
        republish.apply_rules(self.portal.transaction, self.city, self._epoch())
        self.finder = load_area_finder(self.portal.core, self.city)

    def _sync_source(self, source: Source, since: datetime | None) -> None:
        with self.portal.core.connect() as connection:
            cursor = sync_runs.cursor_of(connection, self.city.id, source.name)
        changed = source.pages_updated_since(cursor, since=since, now=self.now())
        is_read = self._read(source, self._checked(source, changed))
        if not self.stop.is_set():
            self._follow_hidden_cases(source)
        # The weekly check is not spent on a day on which the city does not answer.
        if is_read and not self.stop.is_set():
            open_cases = reconcile.pages_of_old_open_cases(
                self.portal, source, self.now(), self.report.problems.append
            )
            self._read(source, self._checked(source, open_cases), is_reconcile=True)
        if not self.stop.is_set() and not self.report.has_failed:
            problems = definitions.refresh_definitions(self.portal, source, self.now())
            self.report.problems += problems

    def _follow_hidden_cases(self, source: Source) -> None:
        """Update our own reports that the public does not see.

        They are part of no run, because the numbers of a run are public and would give them away.
        """
        hidden = own_cases.pages_of_own_hidden_cases(self.portal, source, self.now())
        try:
            for page in self._checked(source, hidden):
                self._save(source, page, run_id=None)
        except SourceError as problem:
            self.report.fail(str(problem))

    def _sync_file(self, sources: list[Source], path: Path) -> None:
        """The first source that knows the file's columns reads it."""
        source = next((source for source in sources[:-1] if self._knows(source, path)), sources[-1])

        def read_file() -> Iterator[CheckedPage]:
            return self._checked(source, source.pages_from_file(path, now=self.now()))

        self._read(source, read_ahead(read_file), name=path.name)

    def _knows(self, source: Source, path: Path) -> bool:
        try:
            next(source.pages_from_file(path, now=self.now()), None)
        except SourceError as problem:
            return problem.reason != "missing_column"
        return True

    def _checked(self, source: Source, pages: Iterator[Page]) -> Iterator[CheckedPage]:
        for page in pages:
            records, rejected = translate_page(source, page, self.city, self.now())
            yield CheckedPage(self.finder.set_areas(records), rejected, page.cursor)

    def _read(
        self,
        source: Source,
        pages: Iterator[CheckedPage],
        name: str | None = None,
        is_reconcile: bool = False,
    ) -> bool:
        """Store a source's pages until they end, one of them fails, or we are told to stop.

        Returns whether they came to their end. `name` is the file's, for messages.
        """
        if self.stop.is_set():
            return False
        before = self.report.read, self.report.quarantined
        reading = self._store_pages(source, pages)
        if is_reconcile and reading.run_id is None and reading.message is None:
            return True
        run_id = reading.run_id or self._start_run(source)
        read, quarantined = self.report.read - before[0], self.report.quarantined - before[1]
        message = reading.message or self._alarm(
            name or source.name, read, quarantined, reading.examples
        )
        if read >= (1 if name else ENOUGH_ROWS) and quarantined > read * FAILED_SHARE:
            self.report.has_failed = True
        self._hint_at_places(name or source.name, read, reading.notes)
        self.report.twice += reading.repeats.count
        self._end_run(run_id, reading, message)
        return reading.state == sync_runs.DONE

    def _store_pages(self, source: Source, pages: Iterator[CheckedPage]) -> _Reading:
        reading = _Reading()
        try:
            for page in collect_between_pages(pages):
                reading.run_id = reading.run_id or self._start_run(source)
                counts = self._store(source, page, reading.run_id)
                reading.keep_examples(page.rejected)
                reading.repeats.add(counts.numbers)
                reading.notes.update(counts.notes)
                if self.stop.is_set():
                    reading.end(sync_runs.STOPPED, STOPPED)
                    break
                self._publish_now_and_then()
        except SourceError as problem:
            message = clean_reason(str(problem))
            reading.end(sync_runs.FAILED, message)
            self.report.fail(message)
        finally:
            getattr(pages, "close", lambda: None)()
        return reading

    def _store(self, source: Source, page: CheckedPage, run_id: int) -> PageCounts:
        counts = self._save(source, page, run_id)
        self.report.add(counts)
        is_sqlite = self.portal.core.dialect.name == "sqlite"
        if self.city.takes_reports and is_sqlite and counts.read >= LARGE_PAGE_ROWS:
            time.sleep(LARGE_PAGE_PAUSE_SECONDS)
        self.report.seconds = time.perf_counter() - self.started_at
        self.progress(self.report)
        return counts

    def _save(self, source: Source, page: CheckedPage, run_id: int | None) -> PageCounts:
        """Store a page whole or not at all; the cursor moves in the same transaction.

        A page without a run has our own reports alone (`_follow_hidden_cases`).
        """
        self.lease.renew()
        cursor = None if run_id is None else page.cursor
        is_own = run_id is None
        checked = SourcePage(source.name, page.records, page.rejected, cursor, is_own)
        with self.portal.transaction() as connection:
            return ingest.save_page(connection, self.city, checked, run_id, self.now())

    def _start_run(self, source: Source) -> int:
        with self.portal.transaction() as connection:
            return sync_runs.start_run(connection, self.city.id, source.name, self._epoch())

    def _end_run(self, run_id: int, reading: _Reading, message: str | None) -> None:
        state, city_id = reading.state, self.city.id
        with self.portal.transaction() as connection:
            if reading.repeats.count:
                sync_runs.add_notes(connection, city_id, run_id, {TWICE: reading.repeats.count})
            sync_runs.finish_run(connection, city_id, run_id, state, message, self._epoch())

    def _alarm(self, name: str, read: int, quarantined: int, examples: list[str]) -> str | None:
        """A sentence where more rows than usual could not be used.

        The examples may hold anything, so they go to the person who runs the sync and not to a
        public page.
        """
        if quarantined <= read * ALARM_SHARE:
            return None
        alarm = (
            f"{name}: {quarantined:,} of {read:,} rows could not be used "
            f"({quarantined / read:.1%}); their reasons are on /status"
        )
        self.report.problems += [alarm, *(f"  {example}" for example in examples)]
        return alarm

    def _hint_at_places(self, name: str, read: int, notes: Counter[str]) -> None:
        """Say what it looks like if most rows of a source have no place in the city."""
        self.report.problems += [
            f"{name}: {notes[note]:,} of {read:,} rows are outside the city: {hint}"
            for note, hint in PLACE_HINTS.items()
            if notes[note] * 2 > read
        ]

    def _fetch_missing_layers(self) -> None:
        """Fetch the city's own boundaries once its cases have come; until then its labels serve."""
        if self.report.has_failed or self.stop.is_set() or not self.report.read:
            return
        for layer in self.city.boundaries:
            if layer.url and layer.kind not in self.finder.layers:
                self._fetch_layer(layer)

    def _fetch_layer(self, layer: BoundaryLayer) -> None:
        try:
            polygons = boundaries.fetch_polygons(self.city, layer, self.fetch)
            boundaries.store_layer(self.portal, self.city, layer.kind, polygons, self.now())
        except SourceError as problem:
            self.report.problems.append(f"{problem}; cases keep the city's own {layer.kind} labels")

    def _publish_now_and_then(self) -> None:
        """In a long import the first cases are on the map before the last are read."""
        if time.perf_counter() - self.published_at > PUBLISH_EVERY_SECONDS:
            self._settle_spellings()
            publish.update(self.portal.core, self.city, self.portal.facts_folder)
            self.published_at = time.perf_counter()

    def _settle_spellings(self) -> None:
        """Write each name as most rows do, now that there are new ones."""
        if self.report.new or self.report.changed:
            with self.portal.transaction() as connection:
                spellings.settle_spellings(connection, self.city, self._epoch())

    def _publish_at_end(self) -> None:
        try:
            published = publish.update(self.portal.core, self.city, self.portal.facts_folder)
            self.report.data_version = published.rev
        except PortalError as problem:
            self.report.fail(str(problem))
        except Exception as problem:  # noqa: BLE001 - DuckDB raises many kinds of errors
            # What is stored stays stored, and the next run publishes it.
            self.report.fail(
                f"{self.city.id}: the cases are stored, but the facts could not be published: "
                f"{problem}"
            )
        if self.stop.is_set():
            self.report.fail(f"{self.city.id}: stopped; the next run goes on from here")

    def _renew_statistics(self) -> None:
        """After a large import, once it is published: the statistics are from before it."""
        if self.report.new > MANY_NEW_CASES and not self.report.has_failed:
            engines.optimize(self.portal.core)

    def _epoch(self) -> int:
        return int(self.now().timestamp())
