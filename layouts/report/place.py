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
        "type": "text",
        "name": "place",
        "id": ADDRESS_BOX,
        "value": draft.place or None,
        "maxlength": MAX_LINE,
        "autocomplete": "address-line1",
        "enterkeyhint": "search",
        **field_attributes(ADDRESS_BOX, problems),
    }
    return html.Div(
        [
            html.Label(_("Address, crossing, street or neighborhood"), htmlFor=ADDRESS_BOX),
            field_problem(problems, ADDRESS_BOX),
            html.Div(
                [tag("input", box), submit_button(_("Find"), "find")], className="report-find"
            ),
            html.P(
                [
                    html.Button(
                        _("Use my place"),
                        id="locate-me",
                        type="button",
                        className="button button-quiet",
                    ),
                    html.Span(role="status"),
                ],
                className="report-locate",
                hidden=True,
            ),
        ],
        className="report-field",
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
    return html.Div(
        [
            None
            if view.refused
            else field_problem(
                problems, PIN
            ),  # what refuses the place is said under the map, with a way out
            html.Div(pin_parts(draft, view), id=PIN, className="pin-place"),
        ],
        className="report-field",
    )


def pin_parts(draft: Draft, view: PlaceView) -> list[Any]:
    """The map under its pin, where that is, and the buttons that move it.

    A script asks for these parts again when the pin moves.
    """
    marker = None if not draft.has_place else html.Div(_marker(), className="pin-marker")
    credit = html.Span(view.map.credit, className="pin-credit") if view.map.credit else None
    return [
        html.Div(
            [draw_map(view.map), marker, credit],
            className="pin-map",
            role="img",
            **aria_label(_("Map")),
            **_place_of(draft, view),
        ),
        html.Div(
            [
                submit_button(symbol, go, "pin-button", **aria_label(name))
                for symbol, go, name in _buttons()
            ],
            className="pin-buttons",
        ),
        html.P(
            [html.Strong(view.description)]
            if view.description
            else _("No place yet. Type an address, or tap the map."),
            className="pin-said",
            role="status",
        ),
        _refusal(view.refused) if view.refused else None,
    ]


def _refusal(refused: NotHere) -> html.Div:
    ways = (
        [
            weave(
                _("Please turn to {owner}: {ways}"),
                owner=refused.owner,
                ways=contact_links(refused.elsewhere),
            )
        ]
        if refused.elsewhere
        else []
    )
    return notice(*refused.sentences, *ways, kind="warning")


def _place_of(draft: Draft, view: PlaceView) -> dict[str, Any]:
    """The middle of the map for the script, and the address that the form then carries."""
    return {
        "data-lat": f"{view.map.lat:.5f}",
        "data-lon": f"{view.map.lon:.5f}",
        "data-zoom": str(view.map.zoom),
        "data-address": draft.address,
    }


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
