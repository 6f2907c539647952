"""A case: what it is, where it stands in a sentence or two, where it is, what the city did, and how long such cases take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from dash import html

from layouts.cases.case_timeline import city_time_tag, timeline
from layouts.cases.place_map import place_map
from layouts.shared import formats
from layouts.shared.city_words import city_text, mark_city_words
from layouts.shared.components import (
    case_address,
    case_heading,
    case_link,
    icon,
    notice,
    search_form,
    status_mark,
    time_tag,
)
from layouts.shared.document import Page
from layouts.shared.language import _, ngettext, weave
from layouts.shared.photos import photo_figures
from layouts.shared.prerender import aria_label
from layouts.shared.structured import case_as_json_ld
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.queries.cases.case_cards import CaseCard
    from portal.queries.cases.case_detail import CaseDetail
    from portal.queries.cases.forecast import Forecast
    from portal.queries.cases.linked_cases import LinkedCases
    from portal.queries.cases.nearby import NearbyCase
    from portal.queries.cases.outlines import Outline

SHARE, PRINT = "share", "print"


@dataclass(frozen=True)
class CaseView:
    """Everything a case's page shows. `alike` are cases of its type near it, `others` of other types; `site_url` is ours.

    `can_follow`: whether we write letters.
    """

    case: CaseDetail
    site_url: str
    forecast: Forecast | None = None
    alike: tuple[NearbyCase, ...] = ()
    others: tuple[NearbyCase, ...] = ()
    outlines: tuple[Outline, ...] = ()
    relatives: LinkedCases | None = None
    can_follow: bool = False


def case_page(city: Jurisdiction, view: CaseView, now: int) -> Page:
    """The page of one public case."""
    case, said = view.case, describe_status(view.case, city, now, view.forecast)
    about = _("Case {number}", number=case.case_id)
    return Page(
        title=f"{heading(case)} · {about} · Citizens Connect",
        description=f"{said} {about}, {city.name}.",
        body=[
            html.Nav(
                html.A(_("← All cases"), href="/cases"), className="back", **aria_label(_("Back"))
            ),
            html.H1(case_heading(case)),
            html.P(
                [status_mark(case.status), html.Span(about, className="case-number")],
                className="case-head",
            ),
            html.P(
                mark_city_words(said, case.queue or "", case.department or ""), className="lead"
            ),
            _follow(view),
            *_relatives(view.relatives),
            _hidden(case),
            *photo_figures(case, heading(case), city, now),
            *_texts(case),
            *_where(view),
            html.H2(_("What happened")),
            timeline(city, case, now),
            html.H2(_("What we know")),
            html.Dl(_facts(city, case, now), className="facts"),
            *_how_long(city, view, now),
            *_near(_("Cases like this nearby"), view.alike, city, now),
            *_near(_("Other cases nearby"), view.others, city, now),
            *_share(city, view),
        ],
        path=case_address(case.case_id),
        image=f"{case_address(case.case_id)}/card.png",
        structured=case_as_json_ld(city, case, view.site_url, heading(case)),
    )


def heading(case: CaseCard) -> str:
    """“Pothole at 12 Adams St”; the type alone where the city gives no address."""
    return formats.case_title(case.service_name, case.address)


def describe_status(
    case: CaseDetail, city: Jurisdiction, now: int, forecast: Forecast | None = None
) -> str:
    """Where the case stands, as a few sentences: since when, who has it, by when, and how long such cases take."""
    if case.status == "closed":
        return _closing(case, city, now)
    begun = (
        _("In work; opened {span} ago.") if case.status == "in_progress" else _("Open for {span}.")
    )
    parts = [
        begun.replace("{span}", formats.span(now - case.opened_at)),
        _holder(case),
        _target(case, city, now),
    ]
    if forecast and forecast.closing.days_50 is not None:
        days = formats.whole_days(forecast.closing.days_50)
        sentence = (
            _("Half of such cases in the city are closed within {days}.")
            if forecast.neighborhood is None
            else None
        )
        parts.append(
            (sentence or _("Half of such cases here are closed within {days}.")).replace(
                "{days}", days
            )
        )
    return " ".join(filter(None, parts))


def _holder(case: CaseDetail) -> str:
    if case.is_reported_here and case.sent_at is None:
        return _("It was reported here; the city’s work-order system does not have it yet.")
    # A queue's name that only its system understands helps nobody in a sentence; it stands among the facts.
    if case.department and case.queue and "_" not in case.queue:
        return _(
            "{department}, queue {queue}, has it.", department=case.department, queue=case.queue
        )
    holder = case.department or case.queue
    return _("{department} has it.", department=holder) if holder else ""


def _closing(case: CaseDetail, city: Jurisdiction, now: int) -> str:
    if case.closed_at is None:
        return _("The city says this is closed, but not when.")
    if case.closed_at < case.opened_at:
        return _(
            "The city says this was closed before it was opened; one of the two times is wrong."
        )
    day, span = (
        formats.day(case.closed_at, city.zone, now),
        formats.span(case.closed_at - case.opened_at),
    )
    closed = _("The city closed this on {day}, {span} after it was opened.", day=day, span=span)
    if case.target_at is None:
        return closed
    if case.closed_at <= case.target_at:
        return f"{closed} {_('By its own clock it met its target.')}"
    late = formats.span(case.closed_at - case.target_at)
    return f"{closed} {_('By its own clock that was {span} after its target.', span=late)}"


def _target(case: CaseDetail, city: Jurisdiction, now: int) -> str:
    if case.target_at is None:
        return _("The city has set no target for it.")
    day = formats.weekday(case.target_at, city.zone, now)
    if case.target_at < now:
        late = formats.span(now - case.target_at)
        return _(
            "The city aimed to close it by {day}: by its own clock it is {span} late.",
            day=day,
            span=late,
        )
    return _("The city aims to close it by {day}.", day=day)


def _hidden(case: CaseDetail) -> html.P | None:
    if not case.hidden:
        return None
    return html.P(
        [
            icon("hidden"),
            formats.describe_hidden(case.hidden),
            " ",
            _("We do this before anything is published."),
        ],
        className="quiet",
    )


def _relatives(relatives: LinkedCases | None) -> list[Any]:
    """Other reports of the same problem, as the city ties them together."""
    if relatives is None or relatives.is_empty:
        return []
    parts: list[Any] = []
    if parent := relatives.parent:
        parts.append(
            html.P(
                weave(
                    _("The city counts this report with another: {case}."), case=case_link(parent)
                )
            )
        )
    if relatives.repeats:
        said = ngettext(
            "The city counts {n} more report with this one.",
            "The city counts {n} more reports with this one.",
            relatives.repeat_cases,
        )
        links = [
            html.Li(html.A(case.case_id, href=case_address(case.case_id)))
            for case in relatives.repeats
        ]
        parts += [html.P(said), html.Ul(links, className="tags")]
    return [html.Section(parts, className="notice", **aria_label(_("Reports of the same problem")))]


def _texts(case: CaseDetail) -> list[Any]:
    parts: list[Any] = []
    if case.note:
        parts += [html.H2(_("What was reported")), html.Blockquote(html.P(city_text(case.note)))]
    if case.closure_reason:
        parts += [
            html.H2(_("What the city wrote")),
            html.Blockquote(html.P(city_text(case.closure_reason))),
        ]
    if case.has_photo and not case.photos:
        parts.append(
            html.P([icon("photo"), _("The city holds a photo of this.")], className="quiet")
        )
    return parts


def _where(view: CaseView) -> list[Any]:
    """A small map, and the way to the large one. A case without a place has none."""
    case = view.case
    if case.lat is None or case.lon is None:
        return []
    others = [
        (near.status, near.lat, near.lon)
        for near in (*view.alike, *view.others)
        if near.lat is not None and near.lon is not None
    ]
    place = case.address or case.neighborhood or _("the place of this case")
    picture = place_map(
        (case.status, case.lat, case.lon), view.outlines, others, _("Map of {place}", place=place)
    )
    return [
        html.H2(_("Where")),
        html.Figure([picture, html.Figcaption(_map_caption(case))], className="place"),
    ]


def _map_caption(case: CaseDetail) -> list[Any]:
    query = urlencode({"sort": "closest", "lat": f"{case.lat:.5f}", "lon": f"{case.lon:.5f}"})
    about = "" if case.place_precision == "exact" else _("The place is shown only roughly.")
    return [
        about,
        " ",
        html.A(_("See it among all cases on the large map"), href=f"/cases?{query}"),
    ]


def _facts(city: Jurisdiction, case: CaseDetail, now: int) -> list[Any]:
    on_time = (
        None if case.city_on_time is None else _("on time") if case.city_on_time else _("late")
    )
    pairs: list[tuple[str, Any]] = [
        (
            _("Type"),
            html.A(city_text(case.service_name), href=f"/cases?service={case.service_slug}"),
        ),
        (_("Place"), case.address),
        (_("Neighborhood"), case.neighborhood),
        (_("District"), case.district),
        (_("Department"), city_text(case.department)),
        (_("Queue"), city_text(case.queue)),
        (_("Came in by"), city_text(case.channel)),
        (_("Opened"), city_time_tag(city, case.opened_at, now)),
        (
            _("The city’s target"),
            None if case.target_at is None else city_time_tag(city, case.target_at, now),
        ),
        (_("Closed"), None if case.closed_at is None else city_time_tag(city, case.closed_at, now)),
        (_("The city’s own on-time mark"), on_time),
        (
            _("The city calls this"),
            city_text(case.city_status)
            if (case.city_status or "").lower() not in ("open", "closed")
            else None,
        ),
    ]
    return [html.Div([html.Dt(name), html.Dd(value)]) for name, value in pairs if value]


def _how_long(city: Jurisdiction, view: CaseView, now: int) -> list[Any]:
    """How long such cases take by the city's own record. Nothing where too few are known."""
    if view.forecast is None:
        return []
    closing = view.forecast.closing
    since = formats.day(closing.since_at, city.zone, now)
    counted = _("Counted over {cases} opened since {day}, of which {closed} are closed.")
    values = {
        "{cases}": formats.count_cases(closing.cases),
        "{day}": since,
        "{closed}": formats.number(closing.closed_cases),
    }
    for hole, value in values.items():
        counted = counted.replace(hole, value)
    return [
        html.H2(_("How long such cases take")),
        html.P(mark_city_words(_shares(view.forecast), view.forecast.service.name)),
        html.Details(
            [
                html.Summary(_("How is this counted?")),
                html.P(
                    [
                        counted,
                        " ",
                        _(
                            "Days are from opening to closing by the city’s record, weekends included."
                        ),
                        " ",
                        _(
                            "An open case counts for as long as it has been open: without it the city would look quicker than it is."
                        ),
                    ]
                ),
            ],
            className="how-counted",
        ),
    ]


def _shares(forecast: Forecast) -> str:
    closing, service = forecast.closing, forecast.service.name
    if forecast.neighborhood:
        place = _(
            "In {neighborhood}, of cases of {service}:",
            neighborhood=forecast.neighborhood.name,
            service=service,
        )
    elif forecast.is_wider:
        place = _(
            "This neighborhood alone has too few to say. In the whole city, of cases of {service}:",
            service=service,
        )
    else:
        place = _("In the whole city, of cases of {service}:", service=service)
    if closing.days_50 is None:
        return f"{place} {_('fewer than half were closed in the time we can see.')}"
    half = _("half are closed within {days}", days=formats.whole_days(closing.days_50))
    if closing.days_90 is None:
        return f"{place} {half}."
    return f"{place} {_('{half}, nine in ten within {days}.', half=half, days=formats.whole_days(closing.days_90))}"


def _near(title: str, cases: tuple[NearbyCase, ...], city: Jurisdiction, now: int) -> list[Any]:
    if not cases:
        return []
    return [
        html.H2(title),
        html.Ul([_near_case(case, city, now) for case in cases], className="near-list"),
    ]


def _near_case(case: NearbyCase, city: Jurisdiction, now: int) -> html.Li:
    age = time_tag(case.opened_at, formats.age(case.opened_at, now, city.zone), city.zone, now)
    away = html.Span(formats.distance_away(case.metres), className="quiet")
    facts = html.Span([status_mark(case.status), away, age], className="near-facts")
    return html.Li([html.A(case_heading(case), href=case_address(case.case_id)), facts])


def _another(city: Jurisdiction, case: CaseDetail) -> list[Any]:
    """The way to report something else at the same place."""
    if not city.takes_reports or case.lat is None or case.lon is None:
        return []
    place = urlencode({"lat": f"{case.lat:.5f}", "lon": f"{case.lon:.5f}"})
    return [
        html.P(
            html.A(
                _("Report another problem here"),
                href=f"/report?{place}",
                className="button button-quiet",
            )
        )
    ]


def _follow(view: CaseView) -> html.P | None:
    """How many follow it, and how to. A closed case has nothing more to tell."""
    case, followed = view.case, formats.count_followers(view.case.followers)
    way = html.A(
        _("Tell me when it is closed"),
        href=f"{case_address(case.case_id)}/follow",
        className="button button-quiet",
    )
    can_follow = view.can_follow and case.status != "closed"
    if not (followed or can_follow):
        return None
    return html.P(
        [way if can_follow else None, html.Span(followed, className="quiet") if followed else None],
        className="follow-line",
    )


def _share(city: Jurisdiction, view: CaseView) -> list[Any]:
    """The address to copy, to send or to print; scripts add the phone's own way of sharing."""
    address = view.site_url + case_address(view.case.case_id)
    letter = urlencode({"subject": heading(view.case), "body": address}, quote_via=quote)
    return [
        *_another(city, view.case),
        html.H2(_("Share this case")),
        html.P(
            html.A(address.partition("://")[2], href=address, className="permalink"),
            className="permalink-line",
        ),
        html.P(
            [
                html.Button(
                    _("Share"),
                    id=SHARE,
                    type="button",
                    className="button button-quiet",
                    hidden=True,
                ),
                html.A(
                    _("Send by e-mail"), href=f"mailto:?{letter}", className="button button-quiet"
                ),
                html.Button(
                    _("Print"),
                    id=PRINT,
                    type="button",
                    className="button button-quiet",
                    hidden=True,
                ),
            ],
            className="share-ways",
        ),
    ]


def unknown_case_page(typed: str, meant: tuple[CaseCard, ...] = ()) -> Page:
    """Unknown and private sound the same. `meant` are public cases that the number may stand for."""
    links = [html.Li(case_link(case)) for case in meant]
    return Page(
        title=_("No such case") + " · Citizens Connect",
        description=_("No public case has this number."),
        body=[
            html.H1(_("We have no such case")),
            html.P(_("We have no public case “{number}”.", number=typed[:60]), className="lead"),
            *(
                [html.H2(_("Did you mean one of these?")), html.Ul(links, className="plain-list")]
                if links
                else []
            ),
            notice(
                _(
                    "Check the number: spaces, dashes and capital letters do not matter, but each digit does."
                ),
                _("Some cases are private; they are not shown to anyone but the city."),
            ),
            search_form(typed[:60]),
            html.P(html.A(_("See the newest cases"), href="/", className="button")),
        ],
        status=404,
    )
