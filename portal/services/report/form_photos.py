"""Photos that come with a form: re-drawn at once and kept under a name that no one can guess.

They wait for their report, and are swept after a day if it doesn't come.

    keep_photos(portal, city, form_key, (), [("hole.jpg", body)], now)
    # FormPhotos(names=("3f…",), place=(42.3209, -71.07), refusals=())
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.report import MAX_PHOTOS
from portal.errors import CannotStore
from portal.photos import files
from portal.photos.pipeline import PhotoRefused, develop_photo
from portal.queries.report.held_photos import is_photo_of_form
from portal.secrets import derive_key
from portal.services.shared.photos import BEFORE, add_unsent_photo
from portal.store.unwritable import explain_unwritable

PHOTOS_KEY = "photos of forms"
Upload = tuple[str, bytes]
"""A file's name, as its sender calls it, and its bytes."""


class Refusal(NamedTuple):
    """A file that was not kept. `problem` is None if the form has four photos already."""

    file_name: str
    problem: PhotoRefused | None


class FormPhotos(NamedTuple):
    """A form's photos: their names, where the first of the new ones was taken, and refusals."""

    names: tuple[str, ...]
    place: tuple[float, float] | None = None
    refusals: tuple[Refusal, ...] = ()


def keep_photos(
    portal: Portal,
    city: Jurisdiction,
    form_key: str,
    names: tuple[str, ...],
    uploads: Iterable[Upload],
    now: int,
) -> FormPhotos:
    """Keep what was uploaded beside the photos that the form names; `now` in epoch seconds.

    A name that is not a photo of this form is dropped. A file that is no photo, or that can't be
    stored just now, is refused and doesn't keep the others out. A photo that came with this form
    before is the same photo, even if it was sent since.
    """
    kept = [name for name in names if _is_known(portal, city, name, form_key)]
    place = None
    refusals = []
    for file_name, body in uploads:
        name = files.name_in_form(derive_key(portal.settings, PHOTOS_KEY), form_key, body)
        if name in kept:
            continue
        if len(kept) == MAX_PHOTOS:
            refusals.append(Refusal(file_name, None))
            break
        try:
            with explain_unwritable():
                taken_at = _keep(portal, city, form_key, name, body, now)
        except PhotoRefused as problem:
            refusals.append(Refusal(file_name, problem))
            continue
        except CannotStore:
            refusals.append(Refusal(file_name, PhotoRefused("unstored")))
            continue
        kept.append(name)
        place = place or taken_at
    return FormPhotos(tuple(kept), place, tuple(refusals))


def _is_known(portal: Portal, city: Jurisdiction, name: str, form_key: str) -> bool:
    return bool(files.NAME.fullmatch(name)) and is_photo_of_form(portal, city.id, name, form_key)


def _keep(
    portal: Portal, city: Jurisdiction, form_key: str, name: str, body: bytes, now: int
) -> tuple[float, float] | None:
    """Where the photo was taken. None if it doesn't say, or came with this form before."""
    if is_photo_of_form(portal, city.id, name, form_key):
        return None
    developed = develop_photo(body)
    files.write_photo(portal.photos_folder, name, developed)
    with portal.transaction() as connection:
        add_unsent_photo(connection, city.id, name, BEFORE, developed.size, now)
    return developed.gps
