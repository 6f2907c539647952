"""Where the problem is: by address, by the phone's location, by a tap on a map or by keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.report.draft import MAX_LINE, Draft
from layouts.report.form import (
    Problem,
    Screen,
    contact_links,
    field_attributes,
    field_problem,
    submit_button,
)
from layouts.report.pin_map import PinMap, draw_map
from layouts.shared.components import notice
from layouts.shared.fields import form_field, input_box, locate_button
from layouts.shared.language import _, pick_translation, weave
from layouts.shared.prerender import aria_label, tag
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.report_rules import Elsewhere

if TYPE_CHECKING:
    from portal.queries.report.report_places import OutOfReach, PlaceChoice

ADDRESS_BOX = "place"
PIN = "pin"
ZOOMS = ("closer", "farther")


@dataclass(frozen=True)
class NotHere:
    """Why nothing can be reported at a place, and whom to turn to: an `owner`, if we know."""

    sentences: tuple[str, ...]
    owner: str = ""
    elsewhere: Elsewhere | None = None

    @property
    def text(self) -> str:
        """The sentences as one text."""
        turn_to = (_("Please turn to {owner}.", owner=self.owner),) if self.owner else ()
        return " ".join((*self.sentences, *turn_to))


def not_here(city: Jurisdiction, reason: OutOfReach) -> NotHere:
    """Why a city takes no reports at a place, in words."""
    if land := reason.land:
        return NotHere((pick_translation(land.sentence),), land.owner, land.elsewhere)
    way_out = _(
        "Please turn to the town or city that the place is in."
        " If the pin is wrong, move it or type an address."
    )
    return NotHere((_("This place is outside of {city}.", city=city.name), way_out))


@dataclass(frozen=True)
class PlaceView:
    """What the screen shows.

    `description` says where the pin is, empty without one; `choices` are several places that what
    was typed may mean; `refused` says why nothing can be reported at the pin, None if it can.
    Without a pin, the map may show roughly where the phone is (PinMap.rough_m).
    """

    map: PinMap
    description: str = ""
    choices: tuple[PlaceChoice, ...] = ()
    refused: NotHere | None = None


def place_screen(draft: Draft, view: PlaceView, problems: tuple[Problem, ...] = ()) -> Screen:
    """The question where, with every way to answer it."""
    return Screen(
        step="where",
        question=_("Where is it?"),
        answer=html.Div(
            [
                _address(draft, problems),
                _choices(view),
                _pin(draft, view, problems),
            ],
            className="report-answer",
        ),
        go_on=_("Continue"),
        enter="find",
    )


def _address(draft: Draft, problems: tuple[Problem, ...]) -> html.Div:
    box = {
        "value": draft.place or None,
        "maxlength": MAX_LINE,
        "autocomplete": "address-line1",
        "enterkeyhint": "search",
        **field_attributes(ADDRESS_BOX, problems),
    }
    find = [input_box("text", ADDRESS_BOX, **box), submit_button(_("Find"), "find")]
    locate = [locate_button(), html.Span(role="status")]
    return form_field(
        html.Label(_("Address, crossing, street or neighborhood"), htmlFor=ADDRESS_BOX),
        field_problem(problems, ADDRESS_BOX),
        html.Div(find, className="report-find"),
        html.P(locate, className="report-locate", hidden=True),
    )


def _choices(view: PlaceView) -> html.Fieldset | None:
    """Each place is a button: one press puts the pin there."""
    if not view.choices:
        return None
    buttons = [
        submit_button(
            _choice(choice), f"hit:{choice.lat},{choice.lon},{choice.name}", "report-choice"
        )
        for choice in view.choices
    ]
    return html.Fieldset(
        [html.Legend(_("Which of these?")), html.Ul([html.Li(button) for button in buttons])],
        className="report-choices",
    )


def _choice(choice: PlaceChoice) -> list[Any]:
    return [
        html.Strong(choice.name),
        html.Span(f" · {choice.area}", className="quiet") if choice.area else None,
    ]


def _pin(draft: Draft, view: PlaceView, problems: tuple[Problem, ...]) -> html.Div:
    # What refuses the place is said under the map, with a way out.
    wrong = None if view.refused else field_problem(problems, PIN)
    return form_field(wrong, html.Div(pin_parts(draft, view), id=PIN, className="pin-place"))


def pin_parts(draft: Draft, view: PlaceView) -> list[Any]:
    """The map under its pin, where that is, and the buttons that move it.

    A script asks for these parts again when the pin moves.
    """
    return [
        _draw_pin_map(draft, view),
        _draw_buttons(),
        html.P(_describe_pin(view), className="pin-said", role="status"),
        _refusal(view.refused) if view.refused else None,
    ]


def _describe_pin(view: PlaceView) -> Any:
    if view.description:
        return html.Strong(view.description)
    if view.map.rough_m:
        return _(
            "We know only roughly where you are. Tap the map where the problem is, or type an"
            " address."
        )
    return _("No place yet. Type an address, or tap the map.")


def _draw_pin_map(draft: Draft, view: PlaceView) -> html.Div:
    marker = None if not draft.has_place else html.Div(_marker(), className="pin-marker")
    credit = html.Span(view.map.credit, className="pin-credit") if view.map.credit else None
    return html.Div(
        [draw_map(view.map), marker, credit],
        className="pin-map",
        role="img",
        **aria_label(_("Map")),
        **_place_of(draft, view),
    )


def _refusal(refused: NotHere) -> html.Div:
    if refused.elsewhere is None:
        return notice(*refused.sentences, kind="warning")
    links = contact_links(refused.elsewhere)
    way_out = weave(_("Please turn to {owner}: {ways}"), owner=refused.owner, ways=links)
    return notice(*refused.sentences, way_out, kind="warning")


def _place_of(draft: Draft, view: PlaceView) -> dict[str, Any]:
    """The middle of the map for the script, and the address that the form then carries."""
    return {
        "data-lat": f"{view.map.lat:.5f}",
        "data-lon": f"{view.map.lon:.5f}",
        "data-zoom": str(view.map.zoom),
        "data-address": draft.address,
    }


def _draw_buttons() -> html.Div:
    buttons = [
        submit_button(symbol, go, "pin-button", **aria_label(name))
        for symbol, go, name in _buttons()
    ]
    return html.Div(buttons, className="pin-buttons")


def _buttons() -> list[tuple[str, str, str]]:
    return [
        ("↑", "north", _("Move the pin north")),
        ("↓", "south", _("Move the pin south")),
        ("←", "west", _("Move the pin west")),
        ("→", "east", _("Move the pin east")),
        ("+", "closer", _("Look closer")),
        ("−", "farther", _("Look from farther away")),
    ]


def _marker() -> Any:
    """The pin of the case pages."""
    drop = tag("path", {"d": "M0 0C-5-10-15-16-15-28a15 15 0 0 1 30 0c0 12-10 18-15 28z"})
    hole = tag("circle", {"cx": 0, "cy": -28, "r": 5, "class": "pin-hole"})
    return tag(
        "svg",
        {"viewBox": "-20 -46 40 48", "width": 40, "height": 48, "aria-hidden": "true"},
        [drop, hole],
    )
