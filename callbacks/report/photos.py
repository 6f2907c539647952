"""Photos that come with the form: drawn anew at once, kept under a name that nobody can guess, swept after a day if no report follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from flask import Flask, Response, request
from werkzeug.datastructures import FileStorage

from layouts.report.draft import MAX_PHOTOS
from layouts.report.form import Problem
from layouts.report.photo import FIELD, TakenPhoto
from layouts.shared.language import _
from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import NotFound
from portal.photos import files
from portal.photos.develop import MAX_BYTES, THUMB
from portal.photos.pipeline import PhotoRefused, develop_photo
from portal.queries.report.held_photos import is_held, is_of_form
from portal.secrets import derive_key
from portal.services.shared.photos import BEFORE, hold

PHOTOS = "photos of forms"
Position = tuple[float, float]


class Uploads(NamedTuple):
    """The photos of a form, with those just added: their names, where the first of them says it was taken, and what was refused.

    `is_busy`: not for what it is, but because too many are being read just now.
    """

    names: tuple[str, ...]
    gps: Position | None = None
    problems: tuple[Problem, ...] = ()
    is_busy: bool = False


def register(server: Flask, portal: Portal) -> None:
    """The small picture of a photo that is not sent yet."""

    def picture(name: str) -> Response:
        city = portal.city(request.host)
        if not files.NAME.fullmatch(name) or not is_held(portal, city.id, name):
            raise NotFound("There is no such photo.")
        return picture_of(portal, name, THUMB)

    server.add_url_rule("/report/photos/<name>.webp", endpoint="report photo", view_func=picture)


def picture_of(portal: Portal, name: str, side: int) -> Response:
    """A photo's file, for whoever may see it and for nobody between. Raises NotFound where it is lost."""
    try:
        body = files.path_of(portal.photos_folder, name, side).read_bytes()
    except FileNotFoundError:
        raise NotFound("There is no such photo.") from None
    answer = Response(body, mimetype="image/webp")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def shown(names: Sequence[str]) -> tuple[TakenPhoto, ...]:
    """The photos of a draft as the form shows them."""
    return tuple(TakenPhoto(name, f"/report/photos/{name}.webp") for name in names)


def take_photos(
    portal: Portal,
    city: Jurisdiction,
    form_key: str,
    names: tuple[str, ...],
    uploads: Sequence[FileStorage],
    now: int,
) -> Uploads:
    """Keep what was uploaded. What is no photo is said so and does not keep the others out; names that we do not hold are dropped.

    A photo that came before with the same form, even one that was sent since, is the same photo.
    """
    kept = [
        name
        for name in names
        if files.NAME.fullmatch(name) and is_of_form(portal, city.id, name, form_key)
    ]
    gps: Position | None = None
    problems: list[Problem] = []
    is_busy = False
    for upload in [upload for upload in uploads if upload.filename]:
        # One byte more than is allowed, so that the pipeline sees that it is too long.
        body = upload.stream.read(MAX_BYTES + 1)
        name = files.name_in_form(derive_key(portal.settings, PHOTOS), form_key, body)
        if name in kept:
            continue
        if len(kept) == MAX_PHOTOS:
            problems.append(
                Problem(FIELD, _("Four photos are the most; the others were left out."))
            )
            break
        try:
            taken_at = (
                None
                if is_of_form(portal, city.id, name, form_key)
                else _take(portal, city, name, body, now)
            )
        except PhotoRefused as refusal:
            is_busy = is_busy or refusal.reason == "busy"
            file_name = (upload.filename or "")[:60]
            said = _("{name}: {reason}", name=file_name, reason=_(refusal.sentence))
            problems.append(Problem(FIELD, said))
            continue
        kept.append(name)
        gps = gps or taken_at
    return Uploads(tuple(kept), gps, tuple(problems), is_busy)


def _take(portal: Portal, city: Jurisdiction, name: str, body: bytes, now: int) -> Position | None:
    developed = develop_photo(body)
    files.write_photo(portal.photos_folder, name, developed)
    with portal.transaction() as connection:
        hold(connection, city.id, name, BEFORE, developed.size, now)
    return developed.gps
