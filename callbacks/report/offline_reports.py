"""Reports that a phone kept while it had no signal: the form it keeps, and the delivery.

The delivery is a script's: POST /report/deliver.json answers 200 with the report's number and
private link, or with what to do first.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, jsonify, request

from callbacks.report import place
from callbacks.report.context import ReportContext, is_open, read_context, services_at
from callbacks.report.form import new_draft, read_form, sent_before, submit_draft
from callbacks.report.photos import is_busy, is_unstored, photo_problems
from callbacks.report.steps import first_unanswered
from callbacks.shared.language import requested_language
from callbacks.shared.pages import Pages, unkept
from callbacks.shared.unstored import PHOTO_UNSTORED
from layouts.report.draft import MAX_LINE, Draft
from layouts.report.form import closed_page, report_page
from layouts.report.offline import offline_screen
from layouts.shared.document import Page
from layouts.shared.language import _, keep_language, speaking
from portal.api.gate import brings_photos
from portal.context import Portal
from portal.domain import tracking_number
from portal.errors import BadRequest, CannotStore, Conflict, TakesTooLong
from portal.notifications.alerts import can_send
from portal.services.report.form_photos import FormPhotos
from portal.services.report.review import make_challenge

Answer = tuple[dict[str, Any], int]
"""JSON and its HTTP status."""


def register(server: Flask, portal: Portal, pages: Pages, clock: Callable[[], float]) -> None:
    """GET /report/offline and /report/sum.json, POST /report/deliver.json."""
    context = partial(read_context, portal, clock)

    @brings_photos
    def deliver() -> Response:
        return answer_delivery(context())

    rule = server.add_url_rule
    rule(
        "/report/offline",
        "report offline",
        lambda: pages.once(lambda: draw_offline_form(context())),
    )
    rule("/report/sum.json", "report sum", lambda: new_challenge(context()))
    rule("/report/deliver.json", "report delivery", deliver, methods=["POST"])


def draw_offline_form(context: ReportContext) -> Page:
    """The form on one page.

    Its start is signed when the phone keeps it; each report made with it gets its own key there.
    """
    if not is_open(context):
        return closed_page(context.city)
    draft = replace(new_draft(context, Draft()), key="")
    can_follow = can_send(context.portal.settings, context.city)
    screen = offline_screen(services_at(context, draft), can_follow)
    return report_page(context.city, screen, draft)


def new_challenge(context: ReportContext) -> Response:
    """A challenge for the browser's proof of work, for the form whose key is in the address."""
    form_key = request.args.get("key", "")[:MAX_LINE]
    challenge = make_challenge(context.portal.settings, form_key, context.now)
    return unkept(jsonify(json.loads(challenge)))


def answer_delivery(context: ReportContext) -> Response:
    """`deliver_report` as a response."""
    with speaking(*requested_language()):
        body, status = deliver_report(context)
    answer = jsonify(body)
    answer.status_code = status
    return unkept(answer)


def deliver_report(context: ReportContext) -> Answer:
    """Submit a report that a phone kept; the same report again gives the same answer.

    200: `number`, as it is shown, and `own`, its private link. 422: `missing`, photos that we no
    longer have, so the phone sends their files. 400 and 409: `problems`, sentences that say what
    is not right yet. Raises TakesTooLong while too many photos are being read, CannotStore while
    nothing can be stored: the phone sends the report later.
    """
    if not is_open(context):
        raise BadRequest("{city} takes no reports here just now.", city=context.city.name)
    draft, photos = read_form(context)
    _require_time(photos)
    if missing := [name for name in request.form.getlist("photos") if name not in draft.photos]:
        return {"missing": missing}, 422
    found = place_delivered(context, draft)
    problems = (*photo_problems(photos), *found.problems)
    sentences = [problem.sentence for problem in problems]
    if sentences := sentences or say_what_is_missing(context, found.draft):
        return {"problems": sentences}, 400
    return _submit_delivered(context, found.draft)


def _require_time(photos: FormPhotos) -> None:
    if is_unstored(photos):
        raise CannotStore(cause=PHOTO_UNSTORED)
    if is_busy(photos):
        raise TakesTooLong(
            "Many photos are being read just now. Please add yours again in a minute."
        )


def _submit_delivered(context: ReportContext, draft: Draft) -> Answer:
    try:
        accepted = submit_draft(context, draft)
    except BadRequest as refusal:
        return {"problems": [_(refusal.sentence, **refusal.values)]}, 400
    except Conflict:
        return {"problems": [sent_before().sentence]}, 409
    own = keep_language(f"/mine/{quote(accepted.token)}")
    return {"number": tracking_number.format_tracking_number(accepted.case_id), "own": own}, 200


def place_delivered(context: ReportContext, draft: Draft) -> place.PlaceSearch:
    """Look up the address that was typed, or that of the pin: without signal no phone could."""
    if draft.has_place:
        return place.PlaceSearch(draft if draft.address else place.add_address(context, draft))
    return place.search_place(context, draft) if draft.place else place.PlaceSearch(draft)


def say_what_is_missing(context: ReportContext, draft: Draft) -> list[str]:
    """What the report lacks, in sentences; empty if it can be submitted."""
    screen = first_unanswered(context, draft)
    if screen is None:
        return []
    diverted = _("This type cannot be reported here. Please choose another.")
    return [problem.sentence for problem in screen.problems] or [diverted]
