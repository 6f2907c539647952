"""Sending to an Open311 GeoReport v2 server: the built-in desk, and cities' own.

How servers differ, and what we do about it
- an id at once, or a token that becomes one later (Chicago): the token is polled
- a photo as the address `media_url`, which the server fetches; or as files `media`, as many as
  there are (`takes_photos`)
- what comes later (a note, a withdrawal, who may see it): FixMyStreet's `servicerequestupdates`
  (`takes_updates`), where a repeated `update_id` is refused and so does no harm; without them staff
  tell the city
- our number goes along as `external_reference`; a server that finds a case by it is asked before
  anything is sent twice (`can_look_up`). One that does not know the field ignores it, and staff
  decide about what may have arrived there
- the department and the queue that the city's routes chose, if the server puts a case into the
  queue we name (`takes_queue`)
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
from portal.domain.claims import is_usable_number
from portal.domain.dispatch import ForStaff, Kind, Later, Outcome, Outgoing, Unsure
from portal.domain.route_rules import System

CHANNEL = "Citizens Connect"
MAX_WORDS = 4_000
TAKEN_BACK = "The resident has taken this report back."
ADDED_PHOTO = "The resident has added a photo."
MADE_PUBLIC = "The resident shows this report to everybody."
MADE_PRIVATE = "The resident shows this report to the city alone."
BY_HAND = "This system takes nothing that comes after the report. Tell it by hand: {words}"


class Open311Adapter:
    """One GeoReport endpoint. `address_of` says where the server can fetch a photo."""

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
        self._system = system
        self._endpoint = endpoint.rstrip("/")
        self._key = key
        self._talk = talk
        self._read_photo = read_photo
        self._address_of = address_of
        self._now = now

    def send(self, message: Outgoing) -> Outcome:
        """POST requests, or servicerequestupdates for what comes after."""
        if message.kind == "open_case":
            return self._send(
                lambda: replies.parse_report_reply(self._post_report(message), self.can_look_up)
            )
        words = _words_of(message)
        if not self._system.takes_updates or not is_usable_number(message.work_order_id or ""):
            return ForStaff(BY_HAND.format(words=words)[:1_000])
        return self._send(lambda: replies.parse_update_reply(self._post_update(message, words)))

    def look_up(self, message: Outgoing) -> Outcome:
        """GET requests?external_reference=…"""
        params = {"external_reference": message.reference, "extensions": "true"}
        return self._ask(
            lambda: replies.parse_look_up_reply(
                self._get("requests.json", params), message.reference
            )
        )

    def poll(self, token: str) -> Outcome:
        """GET tokens/…"""
        path = f"tokens/{quote(token, safe='')}.json"
        return self._ask(lambda: replies.parse_token_reply(self._get(path, {}), token))

    def may_repeat(self, kind: Kind) -> bool:
        """An update has an id by which servers know a repeat; a report has none they all read."""
        return kind != "open_case"

    def _post_report(self, message: Outgoing) -> Answer:
        fields = self._common() | {
            "service_code": message.code,
            "description": message.note[:MAX_WORDS],
            "address_string": message.address,
            "external_reference": message.reference,
            "channel": CHANNEL,
            **attributes_of(message.answers),
        }
        if message.lat is not None and message.lon is not None:
            fields |= {"lat": f"{message.lat:.6f}", "long": f"{message.lon:.6f}"}
        if not message.is_public:
            fields["is_public"] = "false"
        if self._system.takes_queue:
            fields |= {"department": message.department, "queue": message.queue}
        return self._post("requests.json", *self._with_photos(fields, message))

    def _post_update(self, message: Outgoing, words: str) -> Answer:
        fields = self._common() | {
            "update_id": message.id,
            "service_request_id": message.work_order_id or "",
            "status": "OPEN",
            "updated_datetime": self._now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "description": words[:MAX_WORDS],
            "is_public": "false",  # the resident wrote to the city alone
        }
        if message.kind == "set_public":
            fields["case_is_public"] = "true" if message.is_public else "false"
        return self._post("servicerequestupdates.json", *self._with_photos(fields, message))

    def _with_photos(
        self, fields: dict[str, Any], message: Outgoing
    ) -> tuple[dict[str, Any], list[Any]]:
        """The fields and the files: photos go as files, or the first as an address."""
        if self._system.takes_photos:
            return fields, [
                ("media", (f"{number}.jpg", body, "image/jpeg"))
                for number, body in enumerate(self._photos(message), 1)
            ]
        if message.photos:
            fields = fields | {"media_url": self._address_of(message.photos[0])}
        return fields, []

    def _photos(self, message: Outgoing) -> list[bytes]:
        """The photos that are still there: a report does not wait for a picture that was lost."""
        bodies = []
        for name in message.photos:
            try:
                bodies.append(self._read_photo(name))
            except OSError:
                continue
        return bodies

    def _common(self) -> dict[str, Any]:
        """What every request says."""
        fields = {"jurisdiction_id": self._system.jurisdiction, "api_key": self._key}
        return {name: value for name, value in fields.items() if value}

    def _post(self, path: str, fields: Mapping[str, Any], files: list[Any]) -> Answer:
        given = {name: value for name, value in fields.items() if value not in ("", [], None)}
        return self._talk("POST", f"{self._endpoint}/{path}", data=given, files=files or None)

    def _get(self, path: str, params: Mapping[str, str]) -> Answer:
        return self._talk("GET", f"{self._endpoint}/{path}", params={**self._common(), **params})

    def _send(self, act: Callable[[], Outcome]) -> Outcome:
        try:
            return act()
        except NotSent as problem:
            return Later(str(problem))
        except NoAnswer as problem:
            return Unsure(str(problem))

    def _ask(self, act: Callable[[], Outcome]) -> Outcome:
        """A question without an answer is asked again: it changes nothing."""
        try:
            return act()
        except (NotSent, NoAnswer) as problem:
            return Later(str(problem))


def attributes_of(answers: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """Answers as the form's fields: attribute[CODE], and a list as attribute[CODE][]."""
    several = {
        f"attribute[{code}][]": list(all_) for code, all_ in answers.items() if len(all_) > 1
    }
    single = {f"attribute[{code}]": all_[0] for code, all_ in answers.items() if len(all_) == 1}
    return several | single


def _words_of(message: Outgoing) -> str:
    if message.kind == "set_public":
        return MADE_PUBLIC if message.is_public else MADE_PRIVATE
    return TAKEN_BACK if message.kind == "withdraw_case" else message.words or ADDED_PHOTO
