"""From screen to screen: what a press of a button makes of a draft. Nothing typed is ever lost.

next_screen(context, "photo", "next", draft)  # NextScreen("where", draft)
next_screen(context, "where", "north", draft)  # the same screen, its pin moved north
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from callbacks.report import place
from callbacks.report.context import (
    ReportContext,
    chosen_service,
    diverted_service,
    is_ever_public,
    similar_cases,
)
from layouts.report.details import describe_answer_problem, field_id
from layouts.report.draft import MAX_NOTE, STEPS, Draft
from layouts.report.form import Problem
from layouts.report.pin_map import MOVES
from layouts.report.place import ZOOMS
from layouts.shared.language import _, ngettext
from portal.domain.answers import find_answer_problem
from portal.domain.email_address import is_email_address
from portal.domain.report import Question
from portal.errors import BadRequest
from portal.queries.report.report_places import PlaceChoice

MAX_LOOKED = 200


class NextScreen(NamedTuple):
    """The screen to show: its draft, what is not right with it, and places to choose from."""

    step: str
    draft: Draft
    problems: tuple[Problem, ...] = ()
    choices: tuple[PlaceChoice, ...] = ()


def next_screen(context: ReportContext, step: str, go: str, draft: Draft) -> NextScreen:
    """Where a button of a screen leads. Raises BadRequest if there is no such screen or button."""
    _require_step(step)
    verb, _colon, value = go.partition(":")
    if verb == "to":
        _require_step(value)
        return NextScreen(value, draft)
    if verb == "back":
        return NextScreen(_step_before(step), draft)
    if verb == "next":
        return _go_on(context, step, draft)
    return _press_own_button(context, step, (verb, value), draft)


def _press_own_button(
    context: ReportContext, step: str, button: tuple[str, str], draft: Draft
) -> NextScreen:
    """Where a button leads that only this screen has."""
    verb, value = button
    if step == "photo" and verb in ("add", "drop"):
        return NextScreen("photo", _without_photo(draft, value))
    if step == "where":
        return _press_at_map(context, verb, value, draft)
    if step == "what" and verb in ("find", "all", "again"):
        return _press_at_types(verb, draft)
    raise BadRequest("The report form has no such button.")


def _require_step(step: str) -> None:
    if step not in STEPS:
        raise BadRequest("The report form has no such screen.")


def _without_photo(draft: Draft, dropped: str) -> Draft:
    return replace(draft, photos=tuple(name for name in draft.photos if name != dropped))


def reachable_screen(context: ReportContext, asked: NextScreen) -> NextScreen:
    """The screen asked for, or the first one before it whose question has no good answer yet."""
    return first_unanswered(context, asked.draft, STEPS[: STEPS.index(asked.step)]) or asked


def _step_before(step: str) -> str:
    before = STEPS[max(0, STEPS.index(step) - 1)]
    return "what" if before == "similar" else before


def _go_on(context: ReportContext, step: str, draft: Draft) -> NextScreen:
    if step == "where" and _has_new_words(draft):
        return _find_place(context, draft)
    if problems := find_problems(context, step, draft):
        return NextScreen(step, draft, problems)
    if step == "what":
        following = "similar" if _has_new_similar(context, draft) else "details"
        return NextScreen(following, replace(draft, words=""))
    if step == "similar":
        return NextScreen("details", replace(draft, looked=_name_look(draft)))
    return NextScreen(STEPS[min(len(STEPS) - 1, STEPS.index(step) + 1)], draft)


def _has_new_words(draft: Draft) -> bool:
    """Whether the address box may mean another place than the pin's. In vain is asked only once."""
    known = ("", draft.address, draft.sought) if draft.has_place else ("",)
    return draft.place not in known


def _has_new_similar(context: ReportContext, draft: Draft) -> bool:
    """Whether there are similar cases that this visit has not been shown."""
    if draft.looked == _name_look(draft) or diverted_service(context, draft):
        return False
    return bool(similar_cases(context, draft))


def _name_look(draft: Draft) -> str:
    """For which type and place, to about 100 m, similar cases were shown."""
    return f"{draft.service} {draft.lat or 0:.3f},{draft.lon or 0:.3f}"[:MAX_LOOKED]


def _press_at_map(context: ReportContext, verb: str, value: str, draft: Draft) -> NextScreen:
    if verb == "hit":
        return NextScreen("where", place.choose_button(draft, value))
    if verb in MOVES or verb in ZOOMS:
        return NextScreen("where", place.move_pin(context, draft, verb))
    if verb != "find":
        raise BadRequest("The report form has no such button.")
    if draft.has_place and draft.place in ("", draft.address):
        return _go_on(context, "where", draft)
    return _find_place(context, draft)


def _find_place(context: ReportContext, draft: Draft) -> NextScreen:
    found = place.search_place(context, draft)
    return NextScreen("where", found.draft, found.problems, found.choices)


def _press_at_types(verb: str, draft: Draft) -> NextScreen:
    if verb == "again":
        return NextScreen("what", replace(draft, service=""))
    return NextScreen("what", replace(draft, words="" if verb == "all" else draft.words))


def first_unanswered(
    context: ReportContext, draft: Draft, steps: tuple[str, ...] = STEPS
) -> NextScreen | None:
    """The first screen whose question has no good answer yet; None if all have one."""
    for step in steps:
        if problems := find_problems(context, step, draft):
            return NextScreen(step, draft, problems)
        if step == "what" and diverted_service(context, draft):
            return NextScreen(step, draft)
    return None


def find_problems(context: ReportContext, step: str, draft: Draft) -> tuple[Problem, ...]:
    """What is not right on one screen."""
    if step == "where":
        return place.place_problems(context, draft)
    if step == "what":
        return _service_problems(context, draft)
    if step == "details":
        return _details_problems(context, draft)
    if step == "public":
        return _public_problems(context, draft)
    if step == "check":
        return _email_problems(draft)
    return ()


def _service_problems(context: ReportContext, draft: Draft) -> tuple[Problem, ...]:
    if chosen_service(context, draft) is not None:
        return ()
    return (Problem("service", _("Choose what it is about.")),)


def _public_problems(context: ReportContext, draft: Draft) -> tuple[Problem, ...]:
    if draft.who in ("public", "private") or not is_ever_public(context, draft):
        return ()
    return (Problem("who", _("Choose who may see it.")),)


def _email_problems(draft: Draft) -> tuple[Problem, ...]:
    if not draft.email or is_email_address(draft.email):
        return ()
    sentence = _(
        "That doesn’t look like an e-mail address. It should be like name@example.org."
        " You can also leave it empty."
    )
    return (Problem("email", sentence),)


def _details_problems(context: ReportContext, draft: Draft) -> tuple[Problem, ...]:
    service = chosen_service(context, draft)
    questions = service.questions if service else ()
    problems = [_answer_problem(question, draft) for question in questions]
    return tuple(problem for problem in (*problems, _note_problem(draft)) if problem)


def _answer_problem(question: Question, draft: Draft) -> Problem | None:
    given = draft.answers.get(question.code, ())
    wrong = find_answer_problem(question, given) if question.is_asked else None
    return Problem(field_id(question), describe_answer_problem(question, wrong)) if wrong else None


def _note_problem(draft: Draft) -> Problem | None:
    over = len(draft.note) - MAX_NOTE
    if over <= 0:
        return None
    sentence = ngettext(
        "Please shorten your words by {n} letter.",
        "Please shorten your words by {n} letters.",
        over,
    )
    return Problem("note", sentence)
