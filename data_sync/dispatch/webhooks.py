"""Sending what changed to the addresses that developers name (portal.domain.webhook).

    for job in webhook_jobs(portal):   # the worker; a few deliveries of a city go side by side
        job.once()

An address is a stranger's: it is asked over https only, on the public internet only, at the very
address that was checked; no redirect is followed, and nothing of its answer is read but the status.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlsplit

import httpx2
import orjson

from data_sync.reading.fetch import Fetcher, Unreachable
from data_sync.repeat import Job
from portal import logs, metrics
from portal.context import Portal
from portal.domain import webhook
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import SourceError, TakesTooLong
from portal.queries.data.published_cases import write_time
from portal.queries.data.webhook_news import describe_news
from portal.services.data import webhooks
from portal.services.data.webhooks import Attempt, DueDelivery

LOOK_SECONDS = 1.0
AT_ONCE = 4
"""Deliveries of a city side by side: a receiver that drips holds up a quarter of them at most."""
SECONDS = 10.0
"""How long a receiver may take, from its name to the end of its answer."""
MOST_ANSWER_BYTES = 64 * 1024
WAIT_SECONDS = 5
"""How long a delivery waits while the data is being brought up to date."""
Post = Callable[[str, bytes, dict[str, str]], Attempt]
"""Sends a body to an address with these headers."""
log = logs.get_logger(__name__)


@dataclass
class WebhookSender:
    """Sends a city's deliveries. The clock (epoch s) and the network are handed in."""

    portal: Portal
    city: Jurisdiction
    post: Post = field(default_factory=lambda: post_to_stranger)
    clock: Callable[[], float] = time.time

    def make_deliveries(self) -> None:
        """Queue what has changed since the last time."""
        webhooks.make_deliveries(self.portal, self.city, int(self.clock()))

    def send_all(self) -> None:
        """Send every delivery that is due."""
        while self.send_one():
            pass

    def send_one(self) -> bool:
        """Send the next delivery; False if none is due."""
        portal, city_id, now = self.portal, self.city.id, int(self.clock())
        with portal.core.connect() as connection:
            if not webhooks.is_delivery_due(connection, city_id, now):
                return False
        with portal.transaction() as connection:
            due = webhooks.claim_delivery(connection, portal.settings, city_id, now)
        if due is not None:
            self._send(due)
        return due is not None

    def _send(self, due: DueDelivery) -> None:
        try:
            body = self._write(due)
        except TakesTooLong:
            with self.portal.transaction() as connection:
                until = int(self.clock()) + WAIT_SECONDS
                webhooks.put_off(connection, self.city.id, due, until)
            return
        attempt = self.post(due.url, body, self._headers_of(due, body))
        with self.portal.transaction() as connection:
            now = int(self.clock())
            is_stopped = webhooks.settle_delivery(connection, self.city.id, due, attempt, now)
        self._note(attempt, is_stopped)

    def _write(self, due: DueDelivery) -> bytes:
        """What is sent: of cases that are public now, as they are now."""
        facts = self.portal.facts(self.city.id)
        data = describe_news(self.portal, self.city, facts, due.items)
        letter = {
            "type": "test" if due.kind == "test" else "cases.changed",
            "timestamp": write_time(due.created_at),
            "data": {
                "city": self.city.id,
                "data_as_of": write_time(facts.as_of),
                "data_version": facts.rev,
                **data,
            },
        }
        return orjson.dumps(letter, option=orjson.OPT_UTC_Z)

    def _headers_of(self, due: DueDelivery, body: bytes) -> dict[str, str]:
        at = int(self.clock())
        return {
            "content-type": "application/json",
            "webhook-id": due.id,
            "webhook-timestamp": str(at),
            "webhook-signature": webhook.sign(due.secret, due.id, at, body),
        }

    def _note(self, attempt: Attempt, is_stopped: bool) -> None:
        outcome = "sent" if attempt.was_taken else "stopped" if is_stopped else "failed"
        metrics.WEBHOOKS.labels(self.city.id, outcome).inc()
        log.info("webhook", city=self.city.id, outcome=outcome, seconds=round(attempt.seconds, 3))


def webhook_jobs(portal: Portal) -> list[Job]:
    """For each city: one that queues, and a few that send."""
    jobs = []
    for city in portal.cities.values():
        sender = WebhookSender(portal, city)
        jobs.append(Job(f"{city.id}: queueing webhooks", sender.make_deliveries, LOOK_SECONDS))
        sending = partial(Job, f"{city.id}: sending webhooks", sender.send_all, LOOK_SECONDS)
        jobs += [sending() for _ in range(AT_ONCE)]
    return jobs


def post_to_stranger(
    url: str, body: bytes, headers: dict[str, str], fetcher: Fetcher | None = None
) -> Attempt:
    """Send to an address on the public internet; whatever goes wrong is the attempt's problem.

    The problem is a word for its kind: what the receiver says is nobody's business.
    """
    fetch = fetcher or _make_fetcher(url)
    started = time.monotonic()
    status, problem = None, None
    try:
        answer = fetch.exchange(
            "POST", url, headers={**headers, "connection": "close"}, content=body
        )
        status = answer.status
    except SourceError as refused:
        problem = refused.reason
    except (Unreachable, httpx2.TransportError, httpx2.DecodingError):
        problem = "unreachable"
    finally:
        fetch.close()
    return Attempt(status, time.monotonic() - started, problem)


def _make_fetcher(url: str) -> Fetcher:
    return Fetcher(
        {urlsplit(url).hostname or ""},
        max_seconds=SECONDS,
        max_body_bytes=MOST_ANSWER_BYTES,
        max_redirects=0,
        attempts=1,
    )
