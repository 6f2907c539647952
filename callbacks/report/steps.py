"""From screen to screen: what a press of a button makes of a draft. Nothing typed is lost, whichever way one goes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from callbacks.report import place as report_place
from layouts.report.details import id_of, wrong_answer
from layouts.report.draft import MAX_NOTE, STEPS, Draft
from layouts.report.form import Problem
from layouts.report.place import MOVES, ZOOMS, PlaceChoice
from layouts.shared.language import _, ngettext
from portal.context import Portal
from portal.domain.answers import what_is_wrong
from portal.domain.email_address import is_email_address
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.report import Question, ReportableService
from portal.errors import BadRequest, NotReady
from portal.queries.cases.nearby import NearbyCase, NearbySearch, nearby_cases
from portal.queries.report.reporting import reportable_at

SIMILAR_METRES = 100
SIMILAR_SHOWN = 5


@dataclass(frozen=True)
class Ground:
    """What every step of one visit stands on. `now` in epoch seconds; `offered` is what it has learned to be offered, by place."""

    portal: Portal
    city: Jurisdiction
    now: int
    offered: dict[tuple[float | None, float | None], tuple[ReportableService, ...]] = field(
        default_factory=dict
    )


class Turn(NamedTuple):
    """The screen to show next: with which draft, what is not right, and places to choose among. `similar` are cases alike near the pin."""

    step: str
    draft: Draft
    problems: tuple[Problem, ...] = ()
    choices: tuple[PlaceChoice, ...] = ()


def turn(ground: Ground, step: str, go: str, draft: Draft) -> Turn:
    """What a button does on a screen. Raises BadRequest for a screen or a button that there is not."""
    if step not in STEPS:
        raise BadRequest("The report form has no such screen.")
    verb, _colon, value = go.partition(":")
    if verb == "to":
        return _to(value, draft)
    if verb == "back":
        return Turn(_before(step), draft)
    if verb == "next":
        return _next(ground, step, draft)
    if step == "photo" and verb in ("add", "drop"):
        return Turn(
            "photo", replace(draft, photos=tuple(name for name in draft.photos if name != value))
        )
    if step == "where":
        return _placed(ground, verb, value, draft)
    if step == "what" and verb in ("find", "all", "again"):
        return _looked_for(verb, draft)
    raise BadRequest("The report form has no such button.")


def _to(step: str, draft: Draft) -> Turn:
    if step not in STEPS:
        raise BadRequest("The report form has no such screen.")
    return Turn(step, draft)


def reachable(ground: Ground, asked: Turn) -> Turn:
    """The screen asked for, or the first one before it whose question is not answered as it must be."""
    return unanswered(ground, asked.draft, STEPS[: STEPS.index(asked.step)]) or asked


def _before(step: str) -> str:
    place = STEPS.index(step)
    before = STEPS[max(0, place - 1)]
    return "what" if before == "similar" else before


def _next(ground: Ground, step: str, draft: Draft) -> Turn:
    if step == "where" and draft.place and draft.place != draft.address:
        found = report_place.find(ground.portal, ground.city, draft)
        return Turn("where", found.draft, found.problems, found.choices)
    if problems := problems_of(ground, step, draft):
        return Turn(step, draft, problems)
    if step == "what":
        return Turn(
            "similar" if _is_worth_looking(ground, draft) else "details", replace(draft, words="")
        )
    if step == "similar":
        return Turn("details", replace(draft, looked=_looked(draft)))
    return Turn(STEPS[min(len(STEPS) - 1, STEPS.index(step) + 1)], draft)


def _is_worth_looking(ground: Ground, draft: Draft) -> bool:
    return (
        draft.looked != _looked(draft)
        and not diverted(ground, draft)
        and bool(similar_cases(ground, draft))
    )


def _looked(draft: Draft) -> str:
    """For which type and place, to about a hundred metres, the cases alike were shown."""
    return f"{draft.service} {draft.lat or 0:.3f},{draft.lon or 0:.3f}"[:200]


def _placed(ground: Ground, verb: str, value: str, draft: Draft) -> Turn:
    portal, city = ground.portal, ground.city
    if verb == "hit":
        return Turn("where", report_place.hit(draft, value))
    if verb in (*MOVES, *ZOOMS):
        return Turn("where", report_place.move(portal, city, draft, verb))
    if verb != "find":
        raise BadRequest("The report form has no such button.")
    if draft.has_place and draft.place in ("", draft.address):
        return _next(ground, "where", draft)
    found = report_place.find(portal, city, draft)
    return Turn("where", found.draft, found.problems, found.choices)


def _looked_for(verb: str, draft: Draft) -> Turn:
    if verb == "again":
        return Turn("what", replace(draft, service=""))
    return Turn("what", replace(draft, words="" if verb == "all" else draft.words))


def unanswered(ground: Ground, draft: Draft, steps: tuple[str, ...] = STEPS) -> Turn | None:
    """The first screen whose question is not answered as it must be; None where all are."""
    for step in steps:
        if problems := problems_of(ground, step, draft):
            return Turn(step, draft, problems)
        if step == "what" and diverted(ground, draft):
            return Turn(step, draft)
    return None


def problems_of(ground: Ground, step: str, draft: Draft) -> tuple[Problem, ...]:
    """What is not right on one screen."""
    if step == "where":
        return report_place.problems_of(ground.portal, ground.city, draft)
    if step == "what" and service_of(ground, draft) is None:
        return (Problem("service", _("Choose what it is about.")),)
    if step == "details":
        return _details_problems(ground, draft)
    if (
        step == "public"
        and draft.who not in ("public", "private")
        and is_ever_public(ground, draft)
    ):
        return (Problem("who", _("Choose who may see it.")),)
    if step == "check" and draft.email and not is_email_address(draft.email):
        return (
            Problem(
                "email",
                _(
                    "This is no e-mail address; it looks like name@example.org. You can also leave it empty."
                ),
            ),
        )
    return ()


def _details_problems(ground: Ground, draft: Draft) -> tuple[Problem, ...]:
    service = service_of(ground, draft)
    found = [
        problem
        for question in (service.questions if service else ())
        for problem in _answer_problems(question, draft)
    ]
    if (over := len(draft.note) - MAX_NOTE) > 0:
        said = ngettext(
            "Please shorten your words by {n} letter.",
            "Please shorten your words by {n} letters.",
            over,
        )
        found.append(Problem("note", said))
    return tuple(found)


def _answer_problems(question: Question, draft: Draft) -> list[Problem]:
    wrong = (
        what_is_wrong(question, draft.answers.get(question.code, ())) if question.is_asked else None
    )
    return [Problem(id_of(question), wrong_answer(question, wrong))] if wrong else []


def services_at(ground: Ground, draft: Draft) -> tuple[ReportableService, ...]:
    """The types that can be reported at the pin; asked for once in a visit, however often a screen wants them."""
    pin = draft.lat, draft.lon
    if pin not in ground.offered:
        ground.offered[pin] = reportable_at(ground.portal, ground.city, *pin)
    return ground.offered[pin]


def service_of(ground: Ground, draft: Draft) -> ReportableService | None:
    """The type that was chosen; None without one, and for one that is not offered at the pin."""
    return next(
        (service for service in services_at(ground, draft) if service.code == draft.service), None
    )


def diverted(ground: Ground, draft: Draft) -> ReportableService | None:
    """The type that was chosen, where something else is to be done than to report it here."""
    service = service_of(ground, draft)
    return service if service and service.diversion else None


def is_ever_public(ground: Ground, draft: Draft) -> bool:
    """Whether cases of the chosen type are shown at all."""
    service = service_of(ground, draft)
    return service is None or ground.city.rule_for(service.code, service.name).public


def similar_cases(ground: Ground, draft: Draft) -> tuple[NearbyCase, ...]:
    """Open public cases of the chosen type within 100 m of the pin, the nearest first."""
    service = service_of(ground, draft)
    if service is None or service.slug is None or draft.lat is None or draft.lon is None:
        return ()
    try:
        facts = ground.portal.facts(ground.city.id)
    except NotReady:
        return ()
    hour = ground.now - ground.now % 3_600
    search = NearbySearch(draft.lat, draft.lon, SIMILAR_METRES, service.slug, limit=SIMILAR_SHOWN)
    near = ground.portal.cached(nearby_cases, ground.city.id, facts, search, hour)
    return tuple(case for case in near if case.status != "closed")
