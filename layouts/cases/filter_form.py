"""Which cases to show, as a form of native controls that works without scripts; each choice says how many cases it would show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from dash import html

from layouts.shared import formats, ids
from layouts.shared.city_words import city_lang_attribute
from layouts.shared.language import _, pgettext
from layouts.shared.prerender import aria_label, tag
from portal.domain.filters import CaseFilter
from portal.domain.sort_order import CaseOrder

if TYPE_CHECKING:
    from portal.queries.cases.value_counts import ValueCount, ValueCounts

IN_FORM = (
    "status",
    "service",
    "neighborhood",
    "district",
    "department",
    "channel",
    "photo",
    "start",
    "end",
    "q",
)
WORDS_OF_CITY = ("department", "channel")
"""What the city calls in words of its language; areas have names."""
BEHIND_MORE = ("district", "department", "channel", "photo", "start", "end")


def filter_form(chosen: CaseFilter, order: CaseOrder, counts: ValueCounts) -> html.Form:
    """A plain GET form to /cases; parts of the filter it has no control for travel along."""
    statuses = {name: formats.status_word(name) for name in formats.STATUSES}
    return html.Form(
        [
            *_travelling(chosen, order),
            _select(
                "status",
                _("Status"),
                _("Any status"),
                _options(counts.status, statuses),
                chosen.status,
            ),
            _select(
                "neighborhood",
                _("Neighborhood"),
                _("Everywhere"),
                _options(counts.neighborhood),
                chosen.neighborhood,
            ),
            _service(chosen.service, counts),
            _input("q", _("Words"), "search", chosen.q, placeholder=_("Words, street")),
            _more(chosen, counts),
            _order(order, chosen),
            _buttons(chosen, order),
        ],
        id=ids.cases.FORM,
        action="/cases",
        method="get",
        className="filter-form",
        role="search",
        **aria_label(_("Which cases to show")),
    )


def _more(chosen: CaseFilter, counts: ValueCounts) -> html.Details:
    """What few ask for; open where one of it is chosen."""
    photo = {"yes": _("With a photo"), "no": _("Without a photo")}
    is_used = any(getattr(chosen, name) for name in BEHIND_MORE)
    return html.Details(
        [
            html.Summary(_("More filters")),
            html.Div(
                [
                    _select(
                        "district",
                        _("Council district"),
                        _("Any district"),
                        _options(counts.district),
                        chosen.district,
                    ),
                    _select(
                        "department",
                        _("Department"),
                        _("Any department"),
                        _options(counts.department),
                        chosen.department,
                    ),
                    _select(
                        "channel",
                        _("Sent by"),
                        _("Any channel"),
                        _options(counts.channel),
                        chosen.channel,
                    ),
                    _select(
                        "photo",
                        _("Photo"),
                        _("With or without"),
                        _options(counts.photo, photo),
                        (chosen.photo,) if chosen.photo else (),
                    ),
                    _input("start", _("Opened from"), "date", chosen.start),
                    _input("end", _("Opened until"), "date", chosen.end),
                ],
                className="filter-more",
            ),
        ],
        open=is_used or None,
    )


def _order(order: CaseOrder, chosen: CaseFilter) -> html.Div:
    oldest = _("Oldest first") if "closed" in chosen.status else _("Oldest open first")
    texts = {"newest": _("Newest first"), "oldest": oldest, "followed": _("Most followed first")}
    if order.lat is not None:
        texts["closest"] = _("Closest first")
    options = [
        html.Option(
            text, value="" if name == "newest" else name, selected=name == order.name or None
        )
        for name, text in texts.items()
    ]
    return _field("sort", _("Order"), html.Select(options, id="filter-sort", name="sort"))


def _buttons(chosen: CaseFilter, order: CaseOrder) -> html.Div:
    is_plain = chosen.is_empty and order == CaseOrder()
    clear = None if is_plain else html.A(_("Clear"), href="/cases", className="quiet-link")
    return html.Div(
        [html.Button(pgettext("button", "Show"), type="submit", className="button"), clear],
        className="filter-buttons",
    )


def _travelling(chosen: CaseFilter, order: CaseOrder) -> list[Any]:
    """What has no control of its own: the part of the map, and the place that cases are close to."""
    kept = CaseFilter(
        **{f.name: getattr(chosen, f.name) for f in fields(chosen) if f.name not in IN_FORM}
    )
    pairs = parse_qsl(kept.to_query_string())
    if order.lat is not None:
        pairs += [("lat", str(order.lat)), ("lon", str(order.lon))]
    return [tag("input", {"type": "hidden", "name": name, "value": value}) for name, value in pairs]


def _options(
    values: Iterable[ValueCount], texts: dict[str, str] | None = None
) -> list[tuple[str, str]]:
    """(value, text) of each choice, with its count."""
    return [
        (value.slug, _counted((texts or {}).get(value.slug, value.name), value.cases))
        for value in values
    ]


def _counted(text: str, cases: int) -> str:
    return f"{text} ({formats.number(cases)})"


def _service(chosen: tuple[str, ...], counts: ValueCounts) -> html.Div:
    offered = {value.slug for group in counts.service for value in group.services}
    return _choice(
        "service",
        _("Type"),
        _("Any type"),
        _service_options(counts, ",".join(chosen)),
        chosen,
        offered,
    )


def _service_options(counts: ValueCounts, several: str) -> list[Any]:
    """Types under the groups the city puts them in."""
    made: list[Any] = []
    for group in counts.service:
        options = [
            _option(slug, text, several, city_lang_attribute())
            for slug, text in _options(group.services)
        ]
        made += (
            [tag("optgroup", {"label": group.name} | city_lang_attribute(), options)]
            if group.name
            else options
        )
    return made


def _option(slug: str, text: str, chosen: str, spoken: dict[str, str]) -> Any:
    # A tag and not a component, as in layouts.shared.components.case_card: there are two hundred.
    return tag("option", {"value": slug, "selected": slug == chosen} | spoken, text)


def _select(
    name: str, label: str, anything: str, options: list[tuple[str, str]], chosen: tuple[str, ...]
) -> html.Div:
    several = ",".join(chosen)
    spoken = city_lang_attribute() if name in WORDS_OF_CITY else {}
    made = [_option(slug, text, several, spoken) for slug, text in options]
    return _choice(name, label, anything, made, chosen, {slug for slug, _ in options})


def _choice(
    name: str,
    label: str,
    anything: str,
    options: list[Any],
    chosen: tuple[str, ...],
    offered: set[str],
) -> html.Div:
    """A select; several values, or one that no case has, are one more choice, so that the form keeps them."""
    several = ",".join(chosen)
    text = formats.join_words(
        [formats.status_word(slug).replace("-", " ") for slug in chosen], _("or")
    )
    extra = (
        [html.Option(text, value=several, selected=True)]
        if several and several not in offered
        else []
    )
    return _field(
        name,
        label,
        html.Select(
            [html.Option(anything, value=""), *extra, *options], id=f"filter-{name}", name=name
        ),
    )


def _input(
    name: str, label: str, kind: str, value: Any, placeholder: str | None = None
) -> html.Div:
    attributes = {
        "type": kind, "id": f"filter-{name}", "name": name, "value": None if value is None else str(value), "placeholder": placeholder,
        "maxlength": 120 if kind == "search" else None,
    }  # fmt: skip
    return _field(name, label, tag("input", attributes))


def _field(name: str, label: str, control: Any) -> html.Div:
    return html.Div(
        [html.Label(label, htmlFor=f"filter-{name}"), control], className=f"field field-{name}"
    )
