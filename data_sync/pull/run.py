"""One sync of a city: its sources in turn, page by page into the store, then the facts published.

A page that cannot be read ends its source with a message and leaves the cursor; other sources go on. A row that cannot be used goes to
quarantine. The lease keeps a second sync out; a signal ends the run after the page it is in.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError

from data_sync.pull import boundaries, checks, definitions, own_cases, reconcile
from data_sync.pull.area_finder import PlaceFinder, finder_for
from data_sync.pull.gc_pause import at_page_ends
from data_sync.pull.lease import SyncLease
from data_sync.pull.read_ahead import read_ahead
from data_sync.reading.base import Cursor, Fetch, Page, Row, Source
from data_sync.reading.fetch import Fetcher, hosts_of
from data_sync.sources import make_sources
from portal.context import Portal
from portal.domain.clean_record import CleanRecord
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import PortalError, SourceError
from portal.facts import publish
from portal.services.sync import ingest, republish, sync_runs
from portal.services.sync.quarantine import RejectedRow
from portal.services.sync.sync_runs import PageCounts
from portal.store import data_version, engines

PUBLISH_EVERY_SECONDS = 20.0
ALARM_SHARE = 0.01
EXAMPLES = 3
"""Rows whose fault is told in full with the alarm."""
LOCK_PATIENCE_SECONDS = 60
LET_IN_ROWS, LET_IN_SECONDS = 500, 0.12
"""After a page of so many rows a report that waits is let in: on SQLite whoever waits for the lock asks for it every tenth of a second."""
MANY_NEW_CASES = 20_000
"""After so many the planner's statistics are worth renewing."""
Progress = Callable[["SyncReport"], None]


@dataclass
class SyncReport:
    """What a sync did. `problems` are sentences for people; `could_not` says that some of it was not done."""

    city: str
    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    quarantined: int = 0
    seconds: float = 0.0
    data_version: int = 0
    problems: list[str] = field(default_factory=list)
    could_not: bool = False

    @property
    def rows_per_second(self) -> int:
        return round(self.read / self.seconds) if self.seconds > 0 else 0

    def add(self, counts: PageCounts) -> None:
        """Count a stored page."""
        for name in ("read", "new", "changed", "unchanged", "quarantined"):
            setattr(self, name, getattr(self, name) + getattr(counts, name))
        self.data_version = counts.rev

    def fail(self, problem: str) -> None:
        """Note what could not be done."""
        self.problems.append(problem)
        self.could_not = True

    def as_json(self) -> str:
        """The line that other programs read."""
        counts = {
            name: value
            for name, value in asdict(self).items()
            if name not in ("problems", "could_not")
        }
        counts |= {"seconds": round(self.seconds, 2), "rows_per_second": self.rows_per_second}
        return json.dumps(counts)

    def __str__(self) -> str:
        return (
            f"{self.city}: read {self.read:,} · new {self.new:,} · changed {self.changed:,} · unchanged {self.unchanged:,}"
            f" · quarantined {self.quarantined:,} · {self.seconds:.1f} s · {self.rows_per_second:,} rows/s"
        )


@dataclass(frozen=True)
class CheckedPage:
    """A page ready to be stored: its usable rows as records, and the others."""

    records: list[CleanRecord]
    rejected: list[RejectedRow]
    cursor: Cursor | None


class Stop:
    """Somebody's wish that the sync ends after its page."""

    def __init__(self) -> None:
        self.wanted = False

    def ask(self, *_signal: object) -> None:
        """Also a signal handler."""
        self.wanted = True


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
    stop: Stop | None = None,
) -> SyncReport:
    """Sync a city from its sources, or from files. Raises Conflict while another sync runs, SettingsError for a wrong city file."""
    fetch = fetch or Fetcher(
        hosts_of([*city.sources, *({"url": layer.url} for layer in city.boundaries)]),
        local_origin=desk_url,
    )
    sources = make_sources(city, fetch, desk_url=desk_url)
    wait_for_locks(portal.core)
    with SyncLease(portal.core, city.id, now) as lease:
        run = _Run(portal, city, fetch, lease, now, progress, stop or Stop())
        return run.sync(sources, from_files, since)


class _Run:
    """One run; it holds the city's lease."""

    def __init__(
        self,
        portal: Portal,
        city: Jurisdiction,
        fetch: Fetch,
        lease: SyncLease,
        now: Callable[[], datetime],
        progress: Progress,
        stop: Stop,
    ) -> None:
        self.portal, self.city, self.fetch, self.lease, self.now, self.progress, self.stop = (
            portal,
            city,
            fetch,
            lease,
            now,
            progress,
            stop,
        )
        self.report = SyncReport(city.id)
        self.finder = PlaceFinder(city, {})
        self._began = self._published_at = time.perf_counter()

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
        except (DBAPIError, OSError, duckdb.Error) as problem:
            self.report.fail(describe(self.city, problem))
        self._finish()
        self.report.seconds = time.perf_counter() - self._began
        self._renew_statistics()
        return self.report

    def _prepare(self) -> None:
        publish.rebuild_if_ahead(self.portal.core, self.city, self.portal.facts_folder)
        with self.portal.transaction() as connection:
            self.report.data_version = data_version.lock(connection, self.city.id, self._epoch())
        boundaries.load_missing_layers(self.portal, self.city, self.now())
        republish.apply_rules(self.portal.transaction, self.city, self._epoch())
        self.finder = finder_for(self.portal.core, self.city)

    def _sync_source(self, source: Source, since: datetime | None) -> None:
        with self.portal.core.connect() as connection:
            cursor = sync_runs.cursor_of(connection, self.city.id, source.name)
        is_done = self._read(
            source,
            self._checked(source, source.pages_updated_since(cursor, since=since, now=self.now())),
        )
        if not self.stop.wanted:
            self._follow_hidden(source)
        # The weekly look is not spent on a day on which the city does not answer.
        if is_done and not self.stop.wanted:
            open_cases = reconcile.pages_of_old_open_cases(
                self.portal, source, self.now(), self.report.problems.append
            )
            self._read(source, self._checked(source, open_cases), is_reconcile=True)
        if not self.stop.wanted and not self.report.could_not:
            self.report.problems += definitions.refresh(self.portal, source, self.now())

    def _follow_hidden(self, source: Source) -> None:
        """Our own reports that the public does not see; in no run, whose public numbers would tell of them."""
        try:
            for page in self._checked(
                source, own_cases.pages_of_own_hidden_cases(self.portal, source, self.now())
            ):
                self.lease.renew()
                with self.portal.transaction() as connection:
                    ingest.save_page(
                        connection,
                        self.city,
                        source.name,
                        page.records,
                        None,
                        None,
                        self.now(),
                        page.rejected,
                    )
        except SourceError as problem:
            self.report.fail(str(problem))

    def _sync_file(self, sources: list[Source], path: Path) -> None:
        """The first source that knows the file's columns reads it."""
        source = next((source for source in sources[:-1] if self._knows(source, path)), sources[-1])
        self._read(
            source,
            read_ahead(lambda: self._checked(source, source.pages_from_file(path, now=self.now()))),
            name=path.name,
        )

    def _knows(self, source: Source, path: Path) -> bool:
        try:
            next(source.pages_from_file(path, now=self.now()), None)
        except SourceError as problem:
            return problem.reason != "missing_column"
        return True

    def _checked(self, source: Source, pages: Iterator[Page]) -> Iterator[CheckedPage]:
        for page in pages:
            records, rejected = translate(source, page, self.city, self.now())
            yield CheckedPage(self.finder.place(records), rejected, page.cursor)

    def _read(
        self,
        source: Source,
        pages: Iterator[CheckedPage],
        name: str | None = None,
        is_reconcile: bool = False,
    ) -> bool:
        """Store the pages of a source until they end, one of them fails, or somebody wants us to stop; whether they came to their end.

        `name` is the file's.
        """
        if self.stop.wanted:
            return False
        run_id, before, examples = None, (self.report.read, self.report.quarantined), []
        state, message = sync_runs.DONE, None
        try:
            for page in at_page_ends(pages):
                run_id = run_id or self._start_run(source)
                self._store(source, page, run_id)
                examples += [row.message for row in page.rejected[: EXAMPLES - len(examples)]]
                if self.stop.wanted:
                    state, message = (
                        sync_runs.STOPPED,
                        "stopped by a signal; the next run goes on from here",
                    )
                    break
                self._publish_in_between()
        except SourceError as problem:
            state, message = sync_runs.FAILED, str(problem)
            self.report.fail(message)
        finally:
            getattr(pages, "close", lambda: None)()
        if is_reconcile and run_id is None and message is None:
            return True
        run_id = run_id or self._start_run(source)
        self._end_run(run_id, state, message or self._alarm(name or source.name, *before, examples))
        return state == sync_runs.DONE

    def _store(self, source: Source, page: CheckedPage, run_id: int) -> None:
        self.lease.renew()
        with self.portal.transaction() as connection:
            counts = ingest.save_page(
                connection,
                self.city,
                source.name,
                page.records,
                page.cursor,
                run_id,
                self.now(),
                page.rejected,
            )
        self.report.add(counts)
        if (
            self.city.takes_reports
            and self.portal.core.dialect.name == "sqlite"
            and counts.read >= LET_IN_ROWS
        ):
            time.sleep(LET_IN_SECONDS)
        self.report.seconds = time.perf_counter() - self._began
        self.progress(self.report)

    def _start_run(self, source: Source) -> int:
        with self.portal.transaction() as connection:
            return sync_runs.start(connection, self.city.id, source.name, self._epoch())

    def _end_run(self, run_id: int, state: str, message: str | None) -> None:
        with self.portal.transaction() as connection:
            sync_runs.finish(connection, self.city.id, run_id, state, message, self._epoch())

    def _alarm(
        self, name: str, read_before: int, quarantined_before: int, examples: list[str]
    ) -> str | None:
        """A sentence where more rows than usual could not be used; the examples, which may hold anything, go to whoever runs the sync."""
        read, quarantined = (
            self.report.read - read_before,
            self.report.quarantined - quarantined_before,
        )
        if quarantined <= read * ALARM_SHARE:
            return None
        alarm = f"{name}: {quarantined:,} of {read:,} rows could not be used ({quarantined / read:.1%}); their reasons are on /status"
        self.report.problems += [alarm, *(f"  {example}" for example in examples)]
        return alarm

    def _fetch_missing_layers(self) -> None:
        """The city's own boundaries, once, after its cases answered: without them the city's labels serve."""
        if self.report.could_not or self.stop.wanted or not self.report.read:
            return
        for layer in self.city.boundaries:
            if layer.url and layer.kind not in self.finder.layers:
                try:
                    polygons = boundaries.polygons_of_address(self.city, layer, self.fetch)
                    boundaries.store_layer(self.portal, self.city, layer.kind, polygons, self.now())
                except SourceError as problem:
                    self.report.problems.append(
                        f"{problem}; cases keep the city's own {layer.kind} labels"
                    )

    def _publish_in_between(self) -> None:
        """In a long import the first cases are on the map before the last are read."""
        if time.perf_counter() - self._published_at > PUBLISH_EVERY_SECONDS:
            publish.update(self.portal.core, self.city, self.portal.facts_folder)
            self._published_at = time.perf_counter()

    def _finish(self) -> None:
        try:
            self.report.data_version = publish.update(
                self.portal.core, self.city, self.portal.facts_folder
            ).rev
        except PortalError as problem:
            self.report.fail(str(problem))
        except Exception as problem:  # noqa: BLE001 - DuckDB raises many kinds; what is stored stays stored, and the next run publishes it
            self.report.fail(
                f"{self.city.id}: the cases are stored, but the facts could not be published: {problem}"
            )
        if self.stop.wanted:
            self.report.fail(f"{self.city.id}: stopped; the next run goes on from here")

    def _renew_statistics(self) -> None:
        """After a large import, once everybody can see it: what the database believes about its tables is from before."""
        if self.report.new > MANY_NEW_CASES and not self.report.could_not:
            engines.optimize(self.portal.core)

    def _epoch(self) -> int:
        return int(self.now().timestamp())


def translate(
    source: Source, page: Page, city: Jurisdiction, now: datetime
) -> tuple[list[CleanRecord], list[RejectedRow]]:
    """A page's rows as checked records, and those that cannot be used with their reasons."""
    records, rejected = [], []
    for row in page.rows:
        try:
            records.append(checks.clean(source.to_case(row, page.as_of), city, now))
        except SourceError as problem:
            rejected.append(_rejected(source, row, problem.reason, str(problem)))
        except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError) as problem:
            # A row no source foresaw must not end the sync of all others.
            rejected.append(
                _rejected(
                    source,
                    row,
                    "unexpected",
                    f"{source.name}: {problem.__class__.__name__}: {problem}",
                )
            )
    return records, rejected


def _rejected(source: Source, row: Row, reason: str, message: str) -> RejectedRow:
    raw = json.dumps(dict(row), default=str, ensure_ascii=False, sort_keys=True)
    return RejectedRow(raw=raw, reason=reason, message=message, source_id=source.source_id_of(row))


def wait_for_locks(engine: Engine) -> None:
    """Let the sync wait a minute for its turn to write, and not a few seconds as a page does: nobody is looking at it."""
    if engine.dialect.name == "sqlite" and not event.contains(engine, "connect", _set_patience):
        engine.dispose()
        event.listen(engine, "connect", _set_patience)


def _set_patience(connection: Any, _record: Any) -> None:
    connection.execute(f"pragma busy_timeout = {LOCK_PATIENCE_SECONDS * 1000}")


def describe(city: Jurisdiction, problem: Exception) -> str:
    """A sentence for what the machine could not do."""
    words = " ".join(str(getattr(problem, "orig", None) or problem).split())
    if (
        "full" in words
        or "No space left" in words
        or "disk I/O" in words
        or "File too large" in words
    ):
        return f"{city.id}: the disk of the store is full ({words}); free some space and run the sync again: it goes on where it stopped"
    if "locked" in words:
        return f"{city.id}: another process has locked the store for more than {LOCK_PATIENCE_SECONDS} s; run the sync again"
    return f"{city.id}: the store cannot be written: {words}"
