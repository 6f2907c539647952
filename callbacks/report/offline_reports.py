"""Reports that a phone kept while it had no signal: the form it keeps beforehand, and their delivery, answered to a script."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, jsonify, request

from callbacks.report import place
from callbacks.report.form import (
    accept,
    fresh,
    is_open,
    large_body,
    require_same_origin,
    sent_before,
    sent_form,
)
from callbacks.report.screens import WORK
from callbacks.report.steps import Ground, services_at, unanswered
from callbacks.shared.language import requested_language
from callbacks.shared.pages import Pages, unkept
from layouts.report.draft import MAX_LINE, Draft
from layouts.report.form import closed_page, report_page
from layouts.report.offline import offline_screen
from layouts.shared.document import Page
from layouts.shared.language import _, keep_language, speaking
from portal.abuse import proof_of_work
from portal.context import Portal
from portal.domain import tracking_number
from portal.errors import BadRequest, Conflict, TakesTooLong
from portal.notifications.alerts import can_write
from portal.secrets import derive_key

Answer = tuple[dict[str, Any], int]


def register(server: Flask, portal: Portal, pages: Pages, clock: Callable[[], float]) -> None:
    """GET /report/offline and /report/sum.json, POST /report/deliver.json."""

    def ground() -> Ground:
        return Ground(portal, portal.city(request.host), int(clock()))

    def one_page() -> Response:
        return pages.once(lambda: offline_form(ground()))

    def new_sum() -> Response:
        challenge = proof_of_work.make_challenge(
            derive_key(portal.settings, WORK), request.args.get("key", "")[:MAX_LINE], int(clock())
        )
        return unkept(jsonify(json.loads(challenge)))

    def deliver() -> Response:
        require_same_origin()
        with large_body(), speaking(*requested_language()):
            said, status = delivered(ground())
        answer = jsonify(said)
        answer.status_code = status
        return unkept(answer)

    server.add_url_rule("/report/offline", endpoint="report offline", view_func=one_page)
    server.add_url_rule("/report/sum.json", endpoint="report sum", view_func=new_sum)
    server.add_url_rule(
        "/report/deliver.json", endpoint="report delivery", view_func=deliver, methods=["POST"]
    )


def offline_form(ground: Ground) -> Page:
    """The form on one page. Its beginning is signed when the phone keeps it; each report made with it gets a key of its own there."""
    if not is_open(ground):
        return closed_page(ground.city)
    draft = replace(fresh(ground, Draft()), key="")
    screen = offline_screen(
        services_at(ground, draft), can_write(ground.portal.settings, ground.city)
    )
    return report_page(ground.city, screen, draft)


def delivered(ground: Ground) -> Answer:
    """What came of a report that was kept, with its HTTP status.

    200: `number`, as it is shown, and `own`, its private link. 422: `missing`, photos that we no longer hold; they are to be sent
    themselves. 400 and 409: `problems`, sentences that say what is not right yet. The same report again gives the same answer. Raises
    TakesTooLong where too many photos are being read: the phone sends it later.
    """
    if not is_open(ground):
        raise BadRequest("{city} takes no reports here just now.", city=ground.city.name)
    draft, uploads = sent_form(ground)
    if uploads.is_busy:
        raise TakesTooLong(
            "Many photos are being read just now. Please add yours again in a minute."
        )
    if missing := [name for name in request.form.getlist("photos") if name not in draft.photos]:
        return {"missing": missing}, 422
    found = placed(ground, draft)
    draft = found.draft
    if problems := [
        problem.sentence for problem in uploads.problems + found.problems
    ] or what_is_open(ground, draft):
        return {"problems": problems}, 400
    try:
        accepted = accept(ground, draft)
    except BadRequest as refusal:
        return {"problems": [_(refusal.sentence, **refusal.values)]}, 400
    except Conflict:
        return {"problems": [sent_before().sentence]}, 409
    return {
        "number": tracking_number.format_tracking_number(accepted.case_id),
        "own": keep_language(f"/mine/{quote(accepted.token)}"),
    }, 200


def placed(ground: Ground, draft: Draft) -> place.Found:
    """Without signal nobody could look for an address or say what a pin's is: done now, where there is one answer."""
    if draft.has_place:
        return place.Found(
            draft if draft.address else place.with_address(ground.portal, ground.city, draft)
        )
    return place.find(ground.portal, ground.city, draft) if draft.place else place.Found(draft)


def what_is_open(ground: Ground, draft: Draft) -> list[str]:
    """What the report lacks; empty where it can be taken."""
    open_turn = unanswered(ground, draft)
    if open_turn is None:
        return []
    return [problem.sentence for problem in open_turn.problems] or [
        _("This type cannot be reported here. Please choose another.")
    ]
