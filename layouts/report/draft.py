"""A report that is being written: what its form carries from screen to screen.

Nothing of it is stored before it is sent.

    draft = read_draft({"lat": ["42.32"], "lon": ["-71.07"], "note": ["Deep"]})
    draft.hidden_fields("details")  # [("lat", "42.32"), ("lon", "-71.07"), ("zoom", "0")]
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from portal.domain.answers import keep_asked
from portal.domain.email_address import read_email_address
from portal.domain.report import MAX_PHOTOS, Report, ReportableService
from portal.errors import BadRequest

STEPS = ("photo", "where", "what", "similar", "details", "public", "check")
"""The screens in their order; `similar` is left out if there are no similar cases near."""
NUMBERS = {"photo": 1, "where": 2, "what": 3, "similar": 3, "details": 4, "public": 5, "check": 6}
"""A screen's number in the progress line."""
LAST_NUMBER = 6
MAX_NOTE = 4_000
MAX_LINE = 200
MAX_ANSWERS = 60
ANSWER = "answer."
"""The field of a type's own question is this and the question's code."""

Fields = Mapping[str, Sequence[str]]
Pair = tuple[str, str]

SHOWN_BY = {
    "where": ("place",),
    "what": ("service", "words"),
    "public": ("who",),
    "check": ("email",),
    "details": ("note",),
    "offline": ("place", "service", "note", "who", "email"),
}
"""Fields that a screen shows as controls; it carries all others as hidden fields."""


@dataclass(frozen=True)
class Draft:
    """What a resident has said so far, as they typed it.

    Unknown is empty; a place that is no number is None. `key` makes a second sending the same
    report; `began` is the signed start time; `zoom` is the map's, 0 as usual; `place` is what the
    address box has, `sought` what was looked for in vain, and `address` what the pin's place is
    called; `who` is public, private or not
    said yet; `looked` says for which type and place similar cases were shown; `proof` is the
    browser's proof of work, and `website` must stay empty.
    """

    key: str = ""
    began: str = ""
    photos: tuple[str, ...] = ()
    lat: float | None = None
    lon: float | None = None
    zoom: int = 0
    place: str = ""
    sought: str = ""
    address: str = ""
    service: str = ""
    words: str = ""
    looked: str = ""
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    note: str = ""
    who: str = ""
    email: str = ""
    proof: str = ""
    website: str = ""

    @property
    def has_place(self) -> bool:
        return self.lat is not None and self.lon is not None

    @property
    def is_public(self) -> bool:
        return self.who != "private"

    def with_place(self, lat: float | None, lon: float | None, address: str = "") -> Draft:
        """The same report at another place, to about a meter."""
        if lat is None or lon is None:
            return replace(self, lat=None, lon=None, address=address)
        return replace(self, lat=round(lat, 5), lon=round(lon, 5), address=address)

    def to_report(self, service: ReportableService | None, language: str) -> Report:
        """The report that the draft makes, with the answers to the type's own questions only.

        Raises BadRequest without a place.
        """
        if self.lat is None or self.lon is None:
            raise BadRequest("Say where it is first.")
        return Report(
            service_code=self.service,
            note=self.note,
            lat=self.lat,
            lon=self.lon,
            address=self.address,
            is_public=self.is_public,
            idempotency_key=self.key,
            email=self.email,
            answers=keep_asked(service.questions, self.answers) if service else {},
            language=language,
        )

    def hidden_fields(self, step: str) -> list[Pair]:
        """Name and value of every field that a screen does not show itself."""
        shown = SHOWN_BY.get(step, ())
        plain = [(name, str(getattr(self, name) or "")) for name in _TEXTS if name not in shown]
        place = [
            ("lat", str(self.lat) if self.has_place else ""),
            ("lon", str(self.lon) if self.has_place else ""),
            ("zoom", str(self.zoom)),
        ]
        photos = [("photos", name) for name in self.photos]
        answers = [] if step == "details" else self._answer_fields()
        return [pair for pair in plain if pair[1]] + place + photos + answers

    def _answer_fields(self) -> list[Pair]:
        given = self.answers.items()
        return [(ANSWER + code, value) for code, values in given for value in values]


_TEXTS = (
    "key",
    "began",
    "place",
    "sought",
    "address",
    "service",
    "words",
    "looked",
    "note",
    "who",
    "email",
)

_READ_APART = ("note", "email")


def read_draft(fields: Fields) -> Draft:
    """The draft in a form that was sent.

    Any form is safe: far too long a text is cut, and a place that is no number is none.
    """
    lat, lon = _read_place(fields)
    return Draft(
        photos=_read_photos(fields),
        lat=lat,
        lon=lon,
        zoom=_zoom(fields),
        answers=_read_answers(fields),
        note=_text(fields, "note", 2 * MAX_NOTE),
        proof=_text(fields, "proof", 2_000),
        email=_email(fields),
        **{name: _text(fields, name) for name in ("website", *_TEXTS) if name not in _READ_APART},
    )


def _email(fields: Fields) -> str:
    """The address in its one spelling; what is none stays as it was typed."""
    typed = _text(fields, "email")
    return read_email_address(typed) or typed


def _read_place(fields: Fields) -> tuple[float, float] | tuple[None, None]:
    lat, lon = _degrees(fields, "lat", 90), _degrees(fields, "lon", 180)
    return (None, None) if lat is None or lon is None else (lat, lon)


def _read_photos(fields: Fields) -> tuple[str, ...]:
    names = (name[:MAX_LINE] for name in fields.get("photos", ()) if name)
    return tuple(dict.fromkeys(names))[:MAX_PHOTOS]


def _read_answers(fields: Fields) -> dict[str, tuple[str, ...]]:
    # Texts may be longer here than in a report: we tell the resident instead of cutting silently.
    answers = {}
    for name in [name for name in fields if name.startswith(ANSWER)][:MAX_ANSWERS]:
        typed = (_tidy(value)[: MAX_NOTE + 1] for value in fields[name][:MAX_ANSWERS])
        if values := tuple(value for value in typed if value):
            answers[name.removeprefix(ANSWER)[:MAX_LINE]] = values
    return answers


def _text(fields: Fields, name: str, longest: int = MAX_LINE) -> str:
    values = fields.get(name, ())
    return _tidy(values[0])[:longest] if values else ""


def _tidy(value: str) -> str:
    """Text without NULs and with plain line ends, which browsers don't send."""
    return value.replace("\x00", "").replace("\r\n", "\n").strip()


def _zoom(fields: Fields) -> int:
    zoom = _text(fields, "zoom")
    return int(zoom) if zoom.isdecimal() and len(zoom) < 3 and 10 <= int(zoom) <= 19 else 0


def _degrees(fields: Fields, name: str, most: float) -> float | None:
    try:
        value = float(_text(fields, name))
    except ValueError:
        return None
    return round(value, 5) if math.isfinite(value) and abs(value) <= most else None
