"""Which cases to show: a form of native controls that works without scripts.

Each choice says how many cases it would show:

    Neighborhood  [ Everywhere ▾ ]   Dorchester (2)   Roxbury (2)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from dash import html

from layouts.shared import formats, ids
from layouts.shared.city_words import city_lang_attribute
from layouts.shared.fields import hidden_box
from layouts.shared.language import _, pgettext
from layouts.shared.prerender import aria_label, tag
from portal.domain.as_of import PARAMETER, AsOf
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
Choice = tuple[str, str]
"""The slug of a choice, and what it is called."""
IN_CITY_LANGUAGE = ("department", "channel")
"""Fields whose values are words of the city's language; areas have names."""
BEHIND_MORE = ("district", "department", "channel", "photo", "start", "end")


@dataclass(frozen=True)
class Control:
    """A select: the field it sets, its label, and what its empty choice is called."""

    name: str
    label: str
    anything: str


def filter_form(
    chosen: CaseFilter, order: CaseOrder, counts: ValueCounts, then: AsOf | None = None
) -> html.Form:
    """A plain GET form to /cases; it keeps the parts of the filter that have no control.

    `then` keeps it at a past day; what has no history is not offered there.
    """
    return html.Form(
        [
            *_hidden_inputs(chosen, order, then),
            *_main_controls(chosen, counts, then),
            _more(chosen, counts),
            _order(order, chosen, then),
            _buttons(chosen, order, then),
        ],
        id=ids.cases.FORM,
        action="/cases",
        method="get",
        className="filter-form",
        role="search",
        **aria_label(_("Which cases to show")),
    )


def place_and_type_form(
    action: str, chosen: CaseFilter, places: list[Choice], types: list[Choice]
) -> html.Form:
    """A plain GET form with a neighborhood and a type; it keeps the rest of the filter."""
    neighborhood = Control("neighborhood", _("Neighborhood"), _("Everywhere"))
    service = Control("service", _("Type"), _("Any type"))
    rest = replace(chosen, neighborhood=(), service=())
    clear = None
    if not chosen.is_empty:
        clear = html.A(_("Clear"), href=action, className="quiet-link")
    show = html.Button(pgettext("button", "Show"), type="submit", className="button")
    return html.Form(
        [
            *[hidden_box(name, value) for name, value in parse_qsl(rest.to_query_string())],
            _select(neighborhood, places, chosen.neighborhood),
            _select(service, types, chosen.service),
            html.Div([show, clear], className="filter-buttons"),
        ],
        action=action,
        method="get",
        className="filter-form",
        role="search",
        **aria_label(_("Which cases to show")),
    )


def _main_controls(chosen: CaseFilter, counts: ValueCounts, then: AsOf | None) -> list[html.Div]:
    statuses = {name: formats.status_word(name) for name in formats.STATUSES}
    status = Control("status", _("Status"), _("Any status"))
    neighborhood = Control("neighborhood", _("Neighborhood"), _("Everywhere"))
    controls = [
        _select(status, _options(counts.status, statuses), chosen.status),
        _select(neighborhood, _options(counts.neighborhood), chosen.neighborhood),
        _service(chosen.service, counts),
    ]
    if then:
        return controls
    return [
        *controls,
        _input("q", _("Words"), "search", chosen.q, placeholder=_("Words, street")),
    ]


def _more(chosen: CaseFilter, counts: ValueCounts) -> html.Details:
    """What few people need; open if any of it is chosen."""
    summary = html.Summary(_("More filters"))
    controls = html.Div(_rare_controls(chosen, counts), className="filter-more")
    is_used = any(getattr(chosen, name) for name in BEHIND_MORE)
    return html.Details([summary, controls], open=is_used or None)


def _rare_controls(chosen: CaseFilter, counts: ValueCounts) -> list[html.Div]:
    photos = {"yes": _("With a photo"), "no": _("Without a photo")}
    district = Control("district", _("Council district"), _("Any district"))
    department = Control("department", _("Department"), _("Any department"))
    channel = Control("channel", _("Sent by"), _("Any channel"))
    photo = Control("photo", _("Photo"), _("With or without"))
    return [
        _select(district, _options(counts.district), chosen.district),
        _select(department, _options(counts.department), chosen.department),
        _select(channel, _options(counts.channel), chosen.channel),
        _select(photo, _options(counts.photo, photos), (chosen.photo,) if chosen.photo else ()),
        _input("start", _("Opened from"), "date", chosen.start),
        _input("end", _("Opened until"), "date", chosen.end),
    ]


def _order(order: CaseOrder, chosen: CaseFilter, then: AsOf | None) -> html.Div:
    oldest = _("Oldest first") if "closed" in chosen.status else _("Oldest open first")
    texts = {"newest": _("Newest first"), "oldest": oldest, "followed": _("Most followed first")}
    if then:
        del texts["followed"]
    if order.lat is not None:
        texts["closest"] = _("Closest first")
    options = [
        html.Option(
            text, value="" if name == "newest" else name, selected=name == order.name or None
        )
        for name, text in texts.items()
    ]
    return _field("sort", _("Order"), html.Select(options, id="filter-sort", name="sort"))


def _buttons(chosen: CaseFilter, order: CaseOrder, then: AsOf | None) -> html.Div:
    is_plain = chosen.is_empty and order == CaseOrder()
    whole = f"/cases?{then.query}" if then else "/cases"
    clear = None if is_plain else html.A(_("Clear"), href=whole, className="quiet-link")
    show = html.Button(pgettext("button", "Show"), type="submit", className="button")
    return html.Div([show, clear], className="filter-buttons")


def _hidden_inputs(chosen: CaseFilter, order: CaseOrder, then: AsOf | None) -> list[Any]:
    """What has no control: the part of the map, the place that cases are sorted by, the day."""
    uncontrolled = [field.name for field in fields(chosen) if field.name not in IN_FORM]
    rest = CaseFilter(**{name: getattr(chosen, name) for name in uncontrolled})
    pairs = parse_qsl(rest.to_query_string())
    if order.lat is not None:
        pairs += [("lat", str(order.lat)), ("lon", str(order.lon))]
    if then:
        pairs.append((PARAMETER, then.day.isoformat()))
    return [hidden_box(name, value) for name, value in pairs]


def _options(
    values: Iterable[ValueCount], texts: dict[str, str] | None = None
) -> list[tuple[str, str]]:
    """(slug, text) of each choice; the text has its number of cases. `texts` replace names."""
    names = texts or {}
    return [
        (value.slug, f"{names.get(value.slug, value.name)} ({formats.number(value.cases)})")
        for value in values
    ]


def _service(chosen: tuple[str, ...], counts: ValueCounts) -> html.Div:
    offered = {value.slug for group in counts.service for value in group.services}
    control = Control("service", _("Type"), _("Any type"))
    return _choice(control, _service_options(counts, ",".join(chosen)), chosen, offered)


def _service_options(counts: ValueCounts, value: str) -> list[Any]:
    """Types under the groups that the city puts them in."""
    made: list[Any] = []
    for group in counts.service:
        options = [
            _option(slug, text, value, city_lang_attribute())
            for slug, text in _options(group.services)
        ]
        label = {"label": group.name} | city_lang_attribute()
        made += [tag("optgroup", label, options)] if group.name else options
    return made


def _option(slug: str, text: str, value: str, lang: dict[str, str]) -> Any:
    """A tag and not a component, as layouts.shared.components.case_card: there are two hundred."""
    return tag("option", {"value": slug, "selected": slug == value} | lang, text)


def _select(control: Control, options: list[tuple[str, str]], chosen: tuple[str, ...]) -> html.Div:
    value = ",".join(chosen)
    lang = city_lang_attribute() if control.name in IN_CITY_LANGUAGE else {}
    made = [_option(slug, text, value, lang) for slug, text in options]
    return _choice(control, made, chosen, {slug for slug, _text in options})


def _choice(
    control: Control, options: list[Any], chosen: tuple[str, ...], offered: set[str]
) -> html.Div:
    """A select. Several values, or one that no case has, are one more choice, so none is lost."""
    first = [html.Option(control.anything, value="")]
    value = ",".join(chosen)
    if value and value not in offered:
        words = [formats.status_word(slug).replace("-", " ") for slug in chosen]
        text = formats.join_words(words, _("or"))
        first.append(html.Option(text, value=value, selected=True))
    select = html.Select([*first, *options], id=f"filter-{control.name}", name=control.name)
    return _field(control.name, control.label, select)


def _input(
    name: str, label: str, kind: str, value: Any, placeholder: str | None = None
) -> html.Div:
    attributes = {
        "type": kind,
        "id": f"filter-{name}",
        "name": name,
        "value": None if value is None else str(value),
        "placeholder": placeholder,
        "maxlength": 120 if kind == "search" else None,
    }
    return _field(name, label, tag("input", attributes))


def _field(name: str, label: str, control: Any) -> html.Div:
    return html.Div(
        [html.Label(label, htmlFor=f"filter-{name}"), control], className=f"field field-{name}"
    )
