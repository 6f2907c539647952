"""Sending to an Open311 GeoReport v2 server: the built-in desk, and cities' own.

What servers differ in, and how it is met
- an id at once, or a token that becomes one later (Chicago): the token is polled
- a photo as the address `media_url`, fetched by the server; or as files `media`, as many as there are (`takes_photos`)
- what comes later (a note, a withdrawal, who may see it): FixMyStreet's `servicerequestupdates` (`takes_updates`), where a repeated
  `update_id` is refused and so does no harm; without them staff tell the city
- our number goes along as `external_reference`; a server that finds a case by it is asked before anything is sent twice (`can_look_up`).
  One that does not know the field ignores it, and what may have arrived there is for staff to decide
- the department and the queue that the city's routes chose, where the server puts a case into the queue named to it (`takes_queue`)
- jurisdiction_id, where the endpoint serves several
- attributes as attribute[CODE], and as attribute[CODE][] where there are several answers

The resident's e-mail address is not sent: the city's answers reach them through us.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from data_sync.dispatch import open311_replies as replies
from data_sync.dispatch.base import NoAnswer, NotSent, ReadPhoto, Talk
from data_sync.reading.base import Answer
from portal.domain.dispatch import ForStaff, Kind, Later, Outcome, Outgoing, Unsure
from portal.domain.route_rules import System

CHANNEL = "Citizens Connect"
MAX_WORDS = 4_000
TAKEN_BACK = "The resident has taken this report back."
ADDED_PHOTO = "The resident has added a photo."
MADE_PUBLIC, MADE_PRIVATE = (
    "The resident shows this report to everybody.",
    "The resident shows this report to the city alone.",
)
BY_HAND = "This system takes nothing that comes after the report. Tell it by hand: {words}"


class Open311Adapter:
    """One GeoReport endpoint. `address_of` gives the address at which the server may fetch a photo."""

    def __init__(
        self,
        system: System,
        endpoint: str,
        key: str,
        talk: Talk,
        read_photo: ReadPhoto,
        address_of: Callable[[str], str],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.can_look_up = system.can_look_up
        self._system, self._endpoint, self._key, self._talk = (
            system,
            endpoint.rstrip("/"),
            key,
            talk,
        )
        self._read_photo, self._address_of, self._now = read_photo, address_of, now

    def send(self, told: Outgoing) -> Outcome:
        """POST requests, or servicerequestupdates for what comes after."""
        if told.kind == "open_case":
            return self._outcome(lambda: replies.of_report(self._report(told), self.can_look_up))
        words = _words_of(told)
        if not self._system.takes_updates or told.work_order_id is None:
            return ForStaff(BY_HAND.format(words=words)[:1_000])
        return self._outcome(lambda: replies.of_update(self._update(told, words)))

    def look_up(self, told: Outgoing) -> Outcome:
        """GET requests?external_reference=…"""
        asked = {"external_reference": told.reference, "extensions": "true"}
        return self._asked(
            lambda: replies.of_look_up(self._get("requests.json", asked), told.reference)
        )

    def poll(self, token: str) -> Outcome:
        """GET tokens/…"""
        return self._asked(
            lambda: replies.of_token(self._get(f"tokens/{quote(token, safe='')}.json", {}), token)
        )

    def may_repeat(self, kind: Kind) -> bool:
        """Updates have an id of their own; reports have none that every server looks at."""
        return kind != "open_case"

    def _report(self, told: Outgoing) -> Answer:
        fields = self._common() | {
            "service_code": told.code,
            "description": told.note[:MAX_WORDS],
            "address_string": told.address,
            "external_reference": told.reference,
            "channel": CHANNEL,
            **attributes_of(told.answers),
        }
        if told.lat is not None and told.lon is not None:
            fields |= {"lat": f"{told.lat:.6f}", "long": f"{told.lon:.6f}"}
        if not told.is_public:
            fields["is_public"] = "false"
        if self._system.takes_queue:
            fields |= {"department": told.department, "queue": told.queue}
        return self._post("requests.json", *self._with_photos(fields, told))

    def _update(self, told: Outgoing, words: str) -> Answer:
        fields = self._common() | {
            "update_id": told.id,
            "service_request_id": told.work_order_id or "",
            "status": "OPEN",
            "updated_datetime": self._now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "description": words[:MAX_WORDS],
            "is_public": "false",  # the resident wrote to the city alone
        }
        if told.kind == "set_public":
            fields["case_is_public"] = "true" if told.is_public else "false"
        return self._post("servicerequestupdates.json", *self._with_photos(fields, told))

    def _with_photos(
        self, fields: dict[str, Any], told: Outgoing
    ) -> tuple[dict[str, Any], list[Any]]:
        """The fields and the files: photos go as files, or the first as an address."""
        if self._system.takes_photos:
            return fields, [
                ("media", (f"{number}.jpg", body, "image/jpeg"))
                for number, body in enumerate(self._photos(told), 1)
            ]
        return fields | ({"media_url": self._address_of(told.photos[0])} if told.photos else {}), []

    def _photos(self, told: Outgoing) -> list[bytes]:
        """Those that are still there: a report does not wait for a picture that was lost."""
        bodies = []
        for name in told.photos:
            try:
                bodies.append(self._read_photo(name))
            except OSError:
                continue
        return bodies

    def _common(self) -> dict[str, Any]:
        jurisdiction = (
            {"jurisdiction_id": self._system.jurisdiction} if self._system.jurisdiction else {}
        )
        return jurisdiction | ({"api_key": self._key} if self._key else {})

    def _post(self, path: str, fields: Mapping[str, Any], files: list[Any]) -> Answer:
        given = {name: value for name, value in fields.items() if value not in ("", [], None)}
        return self._talk("POST", f"{self._endpoint}/{path}", data=given, files=files or None)

    def _get(self, path: str, asked: Mapping[str, str]) -> Answer:
        return self._talk("GET", f"{self._endpoint}/{path}", params={**self._common(), **asked})

    def _outcome(self, act: Callable[[], Outcome]) -> Outcome:
        try:
            return act()
        except NotSent as problem:
            return Later(str(problem))
        except NoAnswer as problem:
            return Unsure(str(problem))

    def _asked(self, act: Callable[[], Outcome]) -> Outcome:
        """A question that was not answered is asked again: it changes nothing."""
        try:
            return act()
        except (NotSent, NoAnswer) as problem:
            return Later(str(problem))


def attributes_of(answers: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """Answers as the form's fields: attribute[CODE], and a list under attribute[CODE][] where there are several."""
    several = {
        f"attribute[{code}][]": list(given) for code, given in answers.items() if len(given) > 1
    }
    return several | {
        f"attribute[{code}]": given[0] for code, given in answers.items() if len(given) == 1
    }


def _words_of(told: Outgoing) -> str:
    if told.kind == "set_public":
        return MADE_PUBLIC if told.is_public else MADE_PRIVATE
    return TAKEN_BACK if told.kind == "withdraw_case" else told.words or ADDED_PHOTO
