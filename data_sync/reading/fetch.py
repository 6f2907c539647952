"""The one HTTP client of the sync: to the hosts of the city's file and nowhere else.

    fetch = Fetcher(hosts_of_city(city))
    answer = fetch("https://data.boston.gov/api/3/action/datastore_search_sql", params={"sql": "…"})

It asks over https only, except a work-order desk on this machine and a source whose table says
`allow_http = true`: a server inside the city's own network. It looks up the host's addresses
itself, refuses the host if any of them is not public, and connects to the very address it checked.
Bodies, redirects and retries are bounded. `max_seconds` is for an answer with all its bytes, from
the host's name to the last of the body. A host that keeps failing is left alone for a while.
"""

from __future__ import annotations

import ipaddress
import random
import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from data_sync.reading.base import Answer
from portal import __version__
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import SourceError
from portal.network.deadline import deadline
from portal.network.http import TimedTransport
from portal.network.inside import Network, is_in_network, is_loopback, is_of_cloud, is_this_machine
from portal.network.sockets import addresses_of

MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_SECONDS = 180.0
READ_SECONDS = 60.0
MAX_REDIRECTS = 3
ATTEMPTS = 5
FIRST_PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 60.0
FAILURES_BEFORE_REST = 3
REST_SECONDS, LONGEST_REST_SECONDS = 300.0, 3600.0
RETRY_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which the same request may get an answer later."""
TOO_SLOW = "too_slow"
USER_AGENT = f"CitizensConnect/{__version__} (public 311 case portal)"

_KEY = re.compile(r"([?&]api_key=)[^&]*")
"""What no message may show."""
Origin = tuple[str, str | None, int | None]
"""Scheme, host and port."""
Resolve = Callable[[str, int], list[str]]
"""host, port → its addresses as text. Raises OSError if there are none."""

# Ranges that Python 3.11 calls global but that lead back inside: NAT64, 6to4, Teredo.
_LEAD_INSIDE = tuple(
    ipaddress.ip_network(block)
    for block in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "192.88.99.0/24")
)


class Unreachable(Exception):
    """An attempt that may succeed when repeated; `pause` is what the host asked for, in seconds."""

    def __init__(self, message: str, pause: float | None = None) -> None:
        super().__init__(message)
        self.pause = pause


@dataclass
class Fetcher:
    """fetch(url, params=None, headers=None, json=None) -> Answer, for a few known hosts.

    Raises SourceError when there is no answer. `local_origin` is the address of a desk on this
    machine, such as http://127.0.0.1:8311: only there are http and loopback allowed.
    """

    hosts: Collection[str]
    local_origin: str | None = None
    inside: Collection[Origin] = ()
    """Servers inside the city's own network: there http and inner addresses are allowed."""
    local_network: Network | None = None
    """Where the desk is instead of on this machine: it has an address in this private network."""
    resolve: Resolve = field(default=addresses_of)
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    transport: httpx2.BaseTransport | None = None
    max_body_bytes: int = MAX_BODY_BYTES
    max_seconds: float = MAX_SECONDS
    max_redirects: int = MAX_REDIRECTS
    attempts: int = ATTEMPTS
    _failures: dict[str, int] = field(default_factory=dict)
    _rests_until: dict[str, float] = field(default_factory=dict)

    @cached_property
    def _client(self) -> httpx2.Client:
        """Made at the first request: a sync from a file makes none."""
        # No proxy, no cookies, no automatic redirects: each would bypass the checks below.
        timeout = httpx2.Timeout(min(READ_SECONDS, self.max_seconds), connect=15.0)
        return httpx2.Client(
            transport=self.transport or TimedTransport(),
            timeout=timeout,
            follow_redirects=False,
            trust_env=False,
        )

    def __call__(
        self,
        url: str,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
    ) -> Answer:
        host = self._require_allowed(url)
        self._require_rested(host)
        try:
            answer = self._retrying()(self._ask, url, params, headers, json)
        except Unreachable as problem:
            self._let_rest(host, problem)
            raise SourceError(f"{host}: {problem}", reason="unreachable") from problem
        except SourceError as problem:
            if problem.reason == TOO_SLOW:
                self._let_rest(host, None)
            raise
        self._failures.pop(host, None)
        return answer

    def close(self) -> None:
        """Close the connections."""
        if "_client" in self.__dict__:
            self._client.close()

    def _retrying(self) -> Retrying:
        return Retrying(
            retry=retry_if_exception(_is_worth_waiting),
            stop=stop_after_attempt(self.attempts),
            wait=_pause,
            sleep=self.sleep,
            reraise=True,
        )

    def _let_rest(self, host: str, problem: Unreachable | None) -> None:
        """Leave a host alone for as long as it asked, or for a while if it keeps failing."""
        self._failures[host] = self._failures.get(host, 0) + 1
        asked = min((problem and problem.pause) or 0.0, LONGEST_REST_SECONDS)
        if self._failures[host] >= FAILURES_BEFORE_REST or asked > LONGEST_PAUSE_SECONDS:
            self._rests_until[host] = self.clock() + max(asked, REST_SECONDS)

    def _ask(
        self,
        url: str,
        params: Mapping[str, Any] | None,
        headers: Mapping[str, str] | None,
        json: Any,
    ) -> Answer:
        method = "GET" if json is None else "POST"
        ends_at = self.clock() + self.max_seconds
        for _ in range(self.max_redirects + 1):
            with _unreachable_if_broken():
                answer = self.exchange(method, url, params, headers, ends_at, json=json)
            if answer.status in RETRY_STATUSES:
                pause = retry_after_seconds(answer.headers)
                raise Unreachable(f"answered {answer.status}", pause)
            if answer.status not in (301, 302, 303, 307, 308) or "location" not in answer.headers:
                return answer
            target, params = urljoin(url, answer.headers["location"]), None
            if urlsplit(target).hostname != urlsplit(url).hostname:
                raise SourceError(
                    f"{url} sends us to another host: {target[:200]}", reason="other_host"
                )
            self._require_allowed(target)
            url = target
        raise SourceError(f"{url}: more than {self.max_redirects} redirects", reason="redirects")

    def exchange(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        ends_at: float | None = None,
        **content: Any,
    ) -> Answer:
        """One request and its answer, whatever it is: no retry, no redirect.

        `content` is httpx2's json, data or files. Raises SourceError for an address we do not go to
        and for an answer without end, Unreachable for a host without an address, and httpx2's own
        errors, so that the caller can tell what never left from what may have arrived.
        """
        self._require_allowed(url)
        ends_at = self.clock() + self.max_seconds if ends_at is None else ends_at
        request = self._client.build_request(
            method,
            url,
            params=params,
            headers={"user-agent": USER_AGENT, **(headers or {})},
            **content,
        )
        with deadline(ends_at - self.clock()):
            return self._receive(request, ends_at)

    def _receive(self, request: httpx2.Request, ends_at: float) -> Answer:
        shown_url = _KEY.sub(r"\1…", str(request.url))
        self._pin(request)
        try:
            response = self._client.send(request, stream=True)
            try:
                body = self._read(shown_url, response, ends_at)
            finally:
                response.close()
        except (httpx2.ReadTimeout, httpx2.WriteTimeout) as problem:
            if self.clock() < ends_at:
                raise
            raise self._too_slow(shown_url) from problem
        content_type = response.headers.get("content-type", "")
        return Answer(response.status_code, content_type, body, shown_url, dict(response.headers))

    def _read(self, url: str, response: httpx2.Response, ends_at: float) -> bytes:
        """The body, unpacked; counted as it grows, as a small answer can unpack to a large one."""
        announced = response.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > self.max_body_bytes:
            raise SourceError(
                f"{url}: the answer has {int(announced):,} bytes; at most {self.max_body_bytes:,}",
                reason="too_large",
            )
        body = bytearray()
        for part in response.iter_bytes():  # as it comes: a fixed size would wait for that much
            body += part
            if len(body) > self.max_body_bytes:
                raise SourceError(
                    f"{url}: the answer is larger than {self.max_body_bytes:,} bytes",
                    reason="too_large",
                )
            if self.clock() > ends_at:
                raise self._too_slow(url)
        return bytes(body)

    def _too_slow(self, url: str) -> SourceError:
        return SourceError(
            f"{url}: the answer was not complete after {self.max_seconds:.0f} s", reason=TOO_SLOW
        )

    def _pin(self, request: httpx2.Request) -> None:
        """Send the request to the address that was checked, under the name that was asked for."""
        host = request.url.host
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        address = self._checked_address(host, port, str(request.url))
        request.headers["host"] = request.url.netloc.decode()
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=address)

    def _checked_address(self, host: str, port: int, url: str) -> str:
        try:
            addresses = self.resolve(host, port)
        except OSError as problem:
            raise Unreachable(f"has no address: {problem}") from problem
        if not addresses:
            raise Unreachable("has no address")
        is_allowed = is_public
        if self._is_local(url):
            is_allowed = self._may_be_desk
        elif origin_of(url) in self.inside:
            is_allowed = _may_be_inside
        for address in addresses:
            if not is_allowed(address):
                raise SourceError(
                    f"{host} is {address}, {self._describe_wrong(url)}", reason="private_address"
                )
        return addresses[0]

    def _may_be_desk(self, address: str) -> bool:
        network = self._network_of_desk()
        return is_loopback(address) if network is None else is_in_network(address, network)

    def _network_of_desk(self) -> Network | None:
        """None for a desk whose address says that it is on this machine."""
        host = urlsplit(self.local_origin or "").hostname or ""
        return None if is_this_machine(host) else self.local_network

    def _describe_wrong(self, url: str) -> str:
        if self._is_local(url) and (network := self._network_of_desk()):
            return f"which is not in PORTAL_DESK_NETWORK, {network}"
        return "which is not an address of the public internet"

    def _is_local(self, url: str) -> bool:
        return self.local_origin is not None and origin_of(url) == origin_of(self.local_origin)

    def _require_allowed(self, url: str) -> str:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if self._is_local(url) or (origin_of(url) in self.inside and not parts.username):
            return host
        if parts.scheme != "https":
            raise SourceError(f"{url}: only https is asked", reason="not_https")
        if host not in self.hosts or parts.username or parts.port not in (None, 443):
            allowed = ", ".join(sorted(self.hosts)) or "none"
            raise SourceError(
                f"{url}: is not a host of the city's file ({allowed})", reason="other_host"
            )
        return host

    def _require_rested(self, host: str) -> None:
        left = self._rests_until.get(host, 0.0) - self.clock()
        if left > 0:
            raise SourceError(
                f"{host} could not answer lately; it is not asked for another {left:.0f} s",
                reason="resting",
            )


def make_fetcher(
    city: Jurisdiction, desk_url: str | None = None, network: Network | None = None
) -> Fetcher:
    """A client for the hosts of the city's file.

    `desk_url`: the desk's, where it runs; `network`: what it is in, if not on this machine.
    """
    inside = inside_of(city.sources)
    hosts = hosts_of_city(city)
    return Fetcher(hosts, local_origin=desk_url, inside=inside, local_network=network)


def inside_of(tables: Iterable[Mapping[str, Any]]) -> frozenset[Origin]:
    """The servers that sources with `allow_http` name."""
    return frozenset(
        origin_of(str(address))
        for table in tables
        if table.get("allow_http") is True
        for address in (table.get("url"), table.get("endpoint"))
        if address
    )


def hosts_of_city(city: Jurisdiction) -> set[str]:
    """The hosts that a city's sync may ask: those of its sources and of its boundaries."""
    return hosts_of([*city.sources, *({"url": layer.url} for layer in city.boundaries)])


def hosts_of(tables: Iterable[Mapping[str, Any]]) -> set[str]:
    """Host names of the https addresses in these tables, at any depth."""
    hosts = set()
    for table in tables:
        for value in table.values():
            if isinstance(value, str) and value.startswith("https://"):
                hosts.add(urlsplit(value).hostname or "")
            elif isinstance(value, Mapping):
                hosts |= hosts_of([value])
            elif isinstance(value, (list, tuple)):
                hosts |= hosts_of([{"": item} for item in value])
    return hosts - {""}


def is_public(address: str) -> bool:
    """Whether an address belongs to the public internet.

    Not to this machine, its network, or a tunnel that leads there. Nobody serves from a multicast
    address.
    """
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return is_public(str(found.ipv4_mapped))
        if found.scope_id is not None:
            return False
    leads_inside = any(found in block for block in _LEAD_INSIDE if found.version == block.version)
    return found.is_global and not found.is_multicast and not leads_inside


def _may_be_inside(address: str) -> bool:
    """Whether a server of one's own may have this address: no multicast, and no cloud's own."""
    found = ipaddress.ip_address(address)
    return not (found.is_multicast or found.is_unspecified or is_of_cloud(address))


def origin_of(url: str) -> Origin:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


@contextmanager
def _unreachable_if_broken() -> Iterator[None]:
    try:
        yield
    except (httpx2.TransportError, httpx2.DecodingError) as problem:
        raise Unreachable(
            f"cannot be reached: {problem.__class__.__name__}: {problem}"
        ) from problem


def _is_worth_waiting(problem: BaseException) -> bool:
    return isinstance(problem, Unreachable) and (problem.pause or 0.0) <= LONGEST_PAUSE_SECONDS


def _pause(state: RetryCallState) -> float:
    """Seconds: what the host asked for, else twice as long each time.

    With jitter, so that many portals do not come back at once.
    """
    problem = state.outcome.exception() if state.outcome else None
    asked = problem.pause if isinstance(problem, Unreachable) else None
    if asked is not None:
        return asked
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (state.attempt_number - 1))
    return random.uniform(longest / 2, longest)  # noqa: S311 - spreads load, guards nothing


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds, whether it is a number or a date; None without one."""
    value = headers.get("retry-after", "").strip()
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
