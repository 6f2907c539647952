"""Photos that come with the form: what is uploaded, and the small pictures that the form shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flask import Flask, Response, request
from werkzeug.datastructures import FileStorage

from layouts.report.form import Problem
from layouts.report.photo import FIELD, ShownPhoto
from layouts.shared.language import _
from portal.context import Portal
from portal.errors import NotFound
from portal.photos import files
from portal.photos.develop import MAX_BYTES, THUMB
from portal.queries.report.held_photos import is_waiting_photo
from portal.services.report.form_photos import FormPhotos, Refusal, Upload

MAX_FILE_NAME = 60


def register(server: Flask, portal: Portal) -> None:
    """GET /report/photos/<name>.webp: the small picture of a photo that is not sent yet."""

    def picture(name: str) -> Response:
        city = portal.city(request.host)
        if not files.NAME.fullmatch(name) or not is_waiting_photo(portal, city.id, name):
            raise NotFound("There is no such photo.")
        return photo_response(portal, name, THUMB)

    server.add_url_rule("/report/photos/<name>.webp", endpoint="report photo", view_func=picture)


def photo_response(portal: Portal, name: str, side: int) -> Response:
    """A photo's file, which no cache may keep. Raises NotFound if the file is lost."""
    body = files.read_photo(portal.photos_folder, name, side)
    answer = Response(body, mimetype="image/webp")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def form_photos(names: Sequence[str]) -> tuple[ShownPhoto, ...]:
    """The photos of a draft as the form shows them."""
    return tuple(ShownPhoto(name, f"/report/photos/{name}.webp") for name in names)


def read_uploads(uploads: Sequence[FileStorage]) -> Iterator[Upload]:
    """The files that came along, one at a time."""
    for upload in uploads:
        if upload.filename:
            # One byte more than is allowed, so that the pipeline sees a file that is too large.
            yield upload.filename, upload.stream.read(MAX_BYTES + 1)


def photo_problems(photos: FormPhotos) -> tuple[Problem, ...]:
    """What is not right with the files that were refused."""
    return tuple(Problem(FIELD, _describe(refusal)) for refusal in photos.refusals)


def is_busy(photos: FormPhotos) -> bool:
    """Whether a photo was refused only because too many are being read right now."""
    return _has_reason(photos, "busy")


def is_unstored(photos: FormPhotos) -> bool:
    """Whether a photo was refused only because nothing can be stored right now."""
    return _has_reason(photos, "unstored")


def _has_reason(photos: FormPhotos, reason: str) -> bool:
    problems = (refusal.problem for refusal in photos.refusals)
    return any(problem is not None and problem.reason == reason for problem in problems)


def _describe(refusal: Refusal) -> str:
    problem = refusal.problem
    if problem is None:
        return _("Four photos are the most; the others were left out.")
    file_name = refusal.file_name[:MAX_FILE_NAME]
    return _("{name}: {reason}", name=file_name, reason=_(problem.sentence))
