"""Every word that the scripts of a map and its list show, in the page's language.

They are part of the page, as JSON in an attribute of the map:

    data-words='{"one": "1 case", "many": "{n} cases", …}'
"""

from __future__ import annotations

from typing import Any

from layouts.shared import formats
from layouts.shared.language import _, ngettext


def script_words() -> dict[str, Any]:
    """Every word that assets/cases-map-*.js and, in `list_of`, the list's scripts show."""
    return {
        "status": {name: formats.status_word(name) for name in formats.STATUSES},
        **_square_words(),
        **_pin_words(),
        **_control_words(),
        "square": _("Cases in a square"),
        "no_squares": _("No case here"),
        **_place_words(),
        "no_tiles": _("The map could not be brought up to date. Move it to try again."),
        "full": _("Full screen"),
        "leave_full": _("Leave full screen"),
        "list_of": _list_words(),
    }


def _square_words() -> dict[str, str]:
    """A square of several cases."""
    return {
        "one": _("1 case"),
        "many": ngettext("{n} case", "{n} cases", 2).replace("2", "{n}"),
        "closer": _("zoom in"),
        "list": _("list them"),
    }


def _pin_words() -> dict[str, str]:
    """A single case."""
    return {
        "pin": _("{status}: {service}, case {number}"),
        "popup": _("Case {number}"),
        "opened": _("Opened {day}"),
    }


def _control_words() -> dict[str, str]:
    """The map itself and its buttons."""
    return {
        "map": _("Map. Arrow keys move, plus and minus zoom."),
        "zoom_in": _("Zoom in"),
        "zoom_out": _("Zoom out"),
        "close": _("Close popup"),
    }


def _place_words() -> dict[str, str]:
    """The visitor's own place."""
    no_place = _("Your place is not known. Allow this page to see it, or search for an address.")
    return {
        "here": _("You are here, within {metres} m"),
        "no_place": no_place,
        "outside": _("You are outside of this map."),
    }


def _list_words() -> dict[str, str]:
    """Every word that assets/cases-list-2-show.js shows."""
    silent = _("The portal does not answer at the moment. The list shows what was known at {time}.")
    return {
        "slow": _("This takes longer than usual …"),
        "failed": _("We could not fetch this. The list still shows what it showed before."),
        "again": _("Try again"),
        "offline": _("You are offline. The list shows what was known at {time}."),
        "silent": silent,
        "back": _("You are online again."),
        **_arrival_words(),
        "days": _("The first day is after the last one."),
    }


def _arrival_words() -> dict[str, str]:
    """Cases that came in while the list is open."""
    newer = ngettext(
        "{n} newer case has come in. Show it", "{n} newer cases have come in. Show them", 2
    )
    return {
        "newer_one": _("1 newer case has come in. Show it"),
        "newer": newer.replace("2", "{n}", 1),
    }
