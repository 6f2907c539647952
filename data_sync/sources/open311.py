"""Any Open311 GeoReport v2 endpoint, JSON or XML: the built-in desk, and cities with their quirks.

What servers do differently, and the key of `[sources.quirks]` that says so
- `page` and `page_size` (Boston 50, uReport 1,000), or limit and offset (Mark-a-Spot, "offset"), or
  no paging (CitySDK, "none"): paging, page_size
- the page past the end repeats the last one for ever (Bloomington): repeats_last_page
- `updated_after` is known and orders by last change, `after_id` goes on after a case of that second
  (our desk): updated_after
- times with an offset or fractions are refused (Chicago); they are asked in the city's wall-clock
  time: plain_times
- one case is at request/{id} instead of requests/{id} (Boston): single_case
- a list of ids is answered as the standard says (Bloomington ignores it): id_lists
- JSON is not offered (Washington): format = "xml"
- more parameters are needed, such as jurisdiction_id (Toronto) or locale (Helsinki): `params`,
  beside the quirks
- no more than so many calls a minute (Boston 10): pages_per_run, as the sync runs about once a
  minute

Understood wherever they occur: wrappers around the list ({"service_requests": …}, {"requests": …}),
nulls and empty elements, numbers as ids, media_url as a list of addresses or of {id, url}, a
request that has a token but no id yet (it comes again with its id), updates in the future (they
count as now), updates a second before the request (9.5 % in Boston), HTML with status 200 (refused
with its first words).

GeoReport has no close time. It is the extension `closed_datetime` where there is one, provenance
"source"; else the last update of a closed case, provenance "inferred", because a later note or an
import moves it. Where `updated_after` is unknown, nothing says which cases changed: those reported
in the last 48 hours are read each time, those of the last 90 days once a day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import AfterValidator, Field, model_validator

from data_sync.reading.base import Answer, Cursor, Fetch, Page, Row
from data_sync.reading.by_number import CASES_A_WEEK, CASES_PER_REQUEST, batches_of
from data_sync.reading.csv_files import PAGE_ROWS
from data_sync.reading.http_answers import require_same_host
from data_sync.reading.nothing import words_for_nothing
from data_sync.reading.open311.answers import parse_requests
from data_sync.reading.open311.cases import CaseReader
from data_sync.reading.open311.services import parse_questions, parse_services
from data_sync.reading.source_table import NamesTable, TimeFormats, read_source_table
from data_sync.reading.times import CityTimes
from data_sync.reading.values import to_text
from data_sync.reading.walk import (
    LAG,
    NO_REST,
    Budget,
    Clock,
    EndlessGuard,
    KeysetWalk,
    PageRequest,
    Reply,
)
from portal.domain.case import CaseRecord
from portal.domain.claims import is_usable_number
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.report import Question
from portal.domain.service_definition import ServiceDefinition
from portal.errors import SourceError
from portal.jurisdictions.city_file import Table
from portal.jurisdictions.faults import BadValue
from portal.jurisdictions.values import Text

DESK = "desk"
WINDOW = timedelta(days=90)  # the longest span the standard answers
REREAD_EVERY = timedelta(days=1)
CUT_AT = 1_000  # rows at which the standard lets a server cut its answer
MAX_ROWS = 100_000
SINGLE_CASES_A_WEEK = 500  # where each is a request of its own
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def require_above_zero(number: int) -> int:
    """The number itself if it is above 0."""
    if number < 1:
        raise BadValue("{key} is {value}; it is a whole number above 0")
    return number


Count = Annotated[int, AfterValidator(require_above_zero)]


class Quirks(Table):
    """`[sources.quirks]`: how one server differs from the standard."""

    format: Literal["json", "xml"] = "json"
    paging: Literal["page", "offset", "none"] = "page"
    page_size: Count = 50
    pages_per_run: Count = 2_000
    window_days: Count = 90
    repeats_last_page: bool = False
    updated_after: bool = False
    plain_times: bool = False
    single_case: Literal["requests", "request"] = "requests"
    id_lists: bool = False

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown(cls, written: Any) -> Any:
        known = cls.model_fields
        if isinstance(written, dict) and (unknown := set(written) - set(known)):
            raise BadValue(
                "unknown quirk {quirk!r}; quirks are {quirks}",
                quirk=min(unknown),
                quirks=", ".join(known),
            )
        return written


class Open311Table(NamesTable):
    """`kind = "open311"`."""

    endpoint: Text
    params: dict[str, Any] = Field(default_factory=dict)
    time_formats: TimeFormats = ()
    quirks: Quirks = Quirks()


class Open311Source:
    """The cases of one GeoReport endpoint."""

    def __init__(
        self,
        city: Jurisdiction,
        table: dict[str, Any],
        fetch: Fetch,
        clock: Clock,
        desk_url: str | None = None,
    ) -> None:
        settings = read_source_table(city, Open311Table, table)
        self.name = settings.name
        self.city = city
        self._fetch = fetch
        self._clock = clock
        self.endpoint = settings.endpoint
        self._endpoint = (
            _desk_endpoint(desk_url) if self.endpoint == DESK else self.endpoint.rstrip("/")
        )
        self._params = {name: str(value) for name, value in settings.params.items()}
        self._quirks = settings.quirks
        self.cases_a_week = CASES_A_WEEK if self._quirks.id_lists else SINGLE_CASES_A_WEEK
        self._times = CityTimes(city.zone, settings.time_formats, city.language)
        nothing = words_for_nothing(settings.nothing)
        self._reader = CaseReader(self.name, self._times, settings.naming(), nothing)

    def pages_updated_since(
        self, cursor: Cursor | None, *, since: datetime | None, now: datetime
    ) -> Iterator[Page]:
        """Cases changed since the last run, or of the last days where the server cannot tell."""
        self._require_endpoint()
        if self._quirks.updated_after:
            yield from self._walk(now).pages(["requests"], cursor, since=since, now=now)
        else:
            yield from self._windows(dict(cursor or {}), since, now)

    def pages_of_cases(
        self, source_ids: list[str], *, now: datetime, key: str = ""
    ) -> Iterator[Page]:
        """Those cases as they are now, without those that the server no longer knows.

        A private case comes only with the server's `key`.
        """
        params = {"api_key": key} if key else {}
        if self._quirks.id_lists:
            yield from self._cases_by_list(source_ids, params, now)
        else:
            yield from self._cases_one_by_one(source_ids, params, now)

    def _cases_by_list(
        self, source_ids: list[str], params: dict[str, str], now: datetime
    ) -> Iterator[Page]:
        size = min(self._quirks.page_size, CASES_PER_REQUEST)
        for numbers in batches_of(source_ids, size):
            wanted = {"service_request_id": ",".join(numbers), "page_size": str(size)}
            rows = self._requests({**wanted, **params})
            yield Page(rows=_without_tokens(rows), cursor=None, as_of=now)

    def _cases_one_by_one(
        self, source_ids: list[str], params: dict[str, str], now: datetime
    ) -> Iterator[Page]:
        for source_id in filter(is_usable_number, source_ids):
            path = f"{self._quirks.single_case}/{quote(source_id, safe='')}"
            answer = self._call(self._url(path), {"extensions": "true", **params})
            if answer.status != 404:
                rows = _without_tokens(parse_requests(answer, self.name))
                yield Page(rows=rows, cursor=None, as_of=now)

    def pages_from_file(self, path: Path, *, now: datetime) -> Iterator[Page]:
        """The cases of a saved answer, JSON or XML, as of their newest update."""
        try:
            body = path.read_bytes()
        except OSError as problem:
            raise SourceError(
                f"{path}: cannot be read: {problem.strerror}", reason="no_file"
            ) from problem
        rows = parse_requests(Answer(200, "", body, path.name, {}), self.name)
        times = (self._reader.newest_time(row, now) for row in rows)
        as_of = max((time for time in times if time), default=now)
        for start in range(0, len(rows), PAGE_ROWS):
            yield Page(rows=list(rows[start : start + PAGE_ROWS]), cursor=None, as_of=as_of)

    @property
    def calls_per_run(self) -> int:
        """How often the server may be asked in one run."""
        return self._quirks.pages_per_run

    def read_services(self) -> list[ServiceDefinition]:
        """The types that can be reported. Raises SourceError."""
        self._require_endpoint()
        return parse_services(self._call(self._url("services"), {}), self.name)

    def read_questions(self, service_code: str) -> tuple[Question, ...]:
        """What a person who reports this type is asked. Raises SourceError."""
        url = self._url(f"services/{quote(service_code, safe='')}")
        return parse_questions(self._call(url, {}), self.name)

    def to_case(self, row: Row, as_of: datetime) -> CaseRecord:
        """One request translated. Raises SourceError with the case, the field and the value."""
        return self._reader.to_case(row, as_of)

    def source_id_of(self, row: Row) -> str | None:
        """The request's id; None if it has only a token yet."""
        return self._reader.source_id_of(row)

    def _require_endpoint(self) -> None:
        if not self._endpoint:
            raise SourceError(
                f"{self.name}: the work-order desk is not running; "
                "start it, or name it with --desk-url",
                reason="no_desk",
            )

    def _walk(self, now: datetime) -> KeysetWalk:
        return KeysetWalk(
            source=self.name,
            ask=self._ask_updated,
            position=lambda _, row: [
                to_text(row.get("updated_datetime")),
                to_text(row.get("service_request_id")),
            ],
            newest=lambda _, row: self._reader.newest_time(row, now),
            rest=lambda _: NO_REST,
            clock=self._clock,
        )

    def _ask_updated(self, request: PageRequest) -> Reply:
        params = {
            "updated_after": self._time(request.start or BEGINNING),
            "page_size": str(self._quirks.page_size),
        }
        if request.after is not None:
            params |= {"updated_after": request.after[0], "after_id": request.after[1]}
        rows = self._requests(params)
        return Reply(_without_tokens(rows), more=len(rows) >= self._quirks.page_size)

    def _windows(self, state: Cursor, since: datetime | None, now: datetime) -> Iterator[Page]:
        """Windows of the day of the report, oldest first, each page by page.

        The cursor says how far an unfinished walk has come.
        """
        walk = state.get("walk") if since is None else None
        walk = dict(walk) if walk else self._new_walk(state, since, now)
        is_wide = now - datetime.fromisoformat(walk["from"]) > 2 * LAG
        budget = Budget(self._clock, pages=self._quirks.pages_per_run)
        guard = EndlessGuard(self.name)
        while budget.allows_page():
            start = datetime.fromisoformat(walk["from"])
            until = datetime.fromisoformat(walk["until"])
            end = min(start + timedelta(days=self._quirks.window_days), until)
            rows = self._requests(self._window_params(start, end, walk["page"]))
            rows, window_ends = self._end_of_window(rows, guard)
            if not window_ends:
                walk = {**walk, "page": walk["page"] + 1}
            elif end < until:
                walk = {**walk, "from": end.isoformat(), "page": 1}
            else:
                reread_at = now.isoformat() if is_wide else state.get("reread_at")
                done = {"newest": walk["until"], "reread_at": reread_at}
                yield Page(rows=_without_tokens(rows), cursor=done, as_of=now)
                return
            state = {**state, "walk": walk}
            yield Page(rows=_without_tokens(rows), cursor=dict(state), as_of=now)

    def _new_walk(self, state: Cursor, since: datetime | None, now: datetime) -> dict[str, Any]:
        start = self._window_start(state, since, now)
        return {"from": start.isoformat(), "until": now.isoformat(), "page": 1}

    def _window_start(self, state: Cursor, since: datetime | None, now: datetime) -> datetime:
        newest = _parse_time(state.get("newest"))
        reread_at = _parse_time(state.get("reread_at"))
        if newest is None or reread_at is None or now - reread_at >= REREAD_EVERY:
            start = now - WINDOW
            start = start if newest is None else min(start, newest - LAG)
        else:
            start = min(newest, now) - LAG
        # A start that is asked for in the middle of a walk skips none of what that has left.
        if unfinished := state.get("walk"):
            start = min(start, datetime.fromisoformat(unfinished["from"]))
        return start if since is None else min(start, since)

    def _window_params(self, start: datetime, end: datetime, page: int) -> dict[str, str]:
        size = self._quirks.page_size
        params = {"start_date": self._time(start), "end_date": self._time(end)}
        if self._quirks.paging == "page":
            params |= {"page": str(page), "page_size": str(size)}
        elif self._quirks.paging == "offset":
            params |= {"limit": str(size), "offset": str((page - 1) * size)}
        return params

    def _end_of_window(
        self, rows: list[dict[str, Any]], guard: EndlessGuard
    ) -> tuple[list[dict[str, Any]], bool]:
        """The rows that count, and whether the window has no more of them."""
        if self._quirks.paging == "none":
            if len(rows) >= CUT_AT:
                raise SourceError(
                    f"{self.name}: an answer without pages has {len(rows):,} rows and may be cut; "
                    "set a shorter window_days",
                    reason="cut_answer",
                )
            return rows, True
        ids = [to_text(row.get("service_request_id")) for row in rows]
        if self._quirks.repeats_last_page and guard.is_repeat(ids):
            return [], True
        if not self._quirks.repeats_last_page:
            guard.refuse_repeat(ids)
        return rows, len(rows) < self._quirks.page_size

    def _requests(self, params: dict[str, str]) -> list[dict[str, Any]]:
        answer = self._call(self._url("requests"), {"extensions": "true", **params})
        rows = parse_requests(answer, self.name)
        if len(rows) > MAX_ROWS:
            raise SourceError(
                f"{self.name}: one answer has {len(rows):,} rows; at most {MAX_ROWS:,}",
                reason="too_large",
            )
        return rows

    def _url(self, path: str) -> str:
        return f"{self._endpoint}/{path}.{self._quirks.format}"

    def _call(self, url: str, params: dict[str, str]) -> Answer:
        answer = self._fetch(url, params={**self._params, **params})
        require_same_host(answer, url, self.name)
        return answer

    def _time(self, moment: datetime) -> str:
        if self._quirks.plain_times:
            return self._times.local(moment).replace(" ", "T")
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _without_tokens(rows: list[dict[str, Any]]) -> list[Row]:
    """The rows, except those that wait for their id: they have a token and come again."""
    return [row for row in rows if row.get("service_request_id") or not row.get("token")]


def _parse_time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _desk_endpoint(desk_url: str | None) -> str:
    base = (desk_url or "").rstrip("/")
    return base if not base or base.endswith("/open311/v2") else f"{base}/open311/v2"
