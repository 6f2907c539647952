"""Photos of a case: figures on its page, a small square on its card.

They all come from us: no page ever shows a picture from another host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import html

from layouts.shared import formats
from layouts.shared.language import _, ngettext
from layouts.shared.prerender import tag
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.domain.case import CasePhoto
    from portal.queries.cases.case_cards import CaseCard
    from portal.queries.cases.case_detail import CaseDetail

THUMB, MEDIUM, LARGE = 144, 800, 1600
"""Sizes of a photo, in pixels. A card shows the first at half its size, sharp on fine screens."""
THUMB_SHOWN = 72


def photo_address(name: str, side: int) -> str:
    """Path of a photo in a size."""
    return f"/photos/{name}-{side}.webp"


def photo_figures(case: CaseDetail, heading: str, city: Jurisdiction, now: int) -> list[Any]:
    """The case's photos, the resident's first, each with what is known of it.

    Every picture has its size, so that nothing moves when it loads. All but the first load when
    they come near the screen.
    """
    if not case.photos:
        return []
    figures = []
    for position, photo in enumerate(case.photos):
        picture = _picture(photo, _alternative(case, photo, heading), position)
        caption = html.Figcaption(_caption(case, photo, city, now))
        figures.append(html.Figure([picture, caption]))
    heading_above = html.H2(ngettext("Photo", "Photos", len(figures)))
    return [heading_above, html.Div(figures, className="photos")]


def card_photo(case: CaseCard) -> Any:
    """The square at the end of a card; None if the case has no photo we may show."""
    if case.photo is None:
        return None
    square = {
        "src": photo_address(case.photo, THUMB),
        "width": THUMB_SHOWN,
        "height": THUMB_SHOWN,
        "alt": _("with a photo"),
    }
    return tag("img", square | {"class": "case-card-photo", "loading": "lazy", "decoding": "async"})


def work_figure(photo: CasePhoto, address: str, heading: str, caption: str) -> html.Figure:
    """A photo of the city's work, at an address that only one person knows."""
    alternative = _("Photo from the city after its work: {case}", case=heading)
    return html.Figure([_image(photo, address, alternative), html.Figcaption(caption)])


def _picture(photo: CasePhoto, alternative: str, position: int) -> html.A:
    first = {"loading": "lazy"} if position else {"fetchpriority": "high"}
    image = _image(photo, photo_address(photo.name, MEDIUM), alternative, **first)
    return html.A(image, href=photo_address(photo.name, LARGE))


def _image(photo: CasePhoto, address: str, alternative: str, **more: str) -> Any:
    width, height = _fitted(photo)
    size = {"width": width, "height": height}
    return tag("img", {"src": address, **size, "alt": alternative} | more)


def _fitted(photo: CasePhoto) -> tuple[int, int]:
    """Width and height of the middle size."""
    scale = min(1.0, MEDIUM / max(photo.width, photo.height))
    return max(1, round(photo.width * scale)), max(1, round(photo.height * scale))


def _alternative(case: CaseDetail, photo: CasePhoto, heading: str) -> str:
    """What is known of the picture. No one has described it, and we make nothing up."""
    of_kind = [other.name for other in case.photos if other.kind == photo.kind]
    if photo.kind == "after":
        return _("Photo from the city after its work: {case}", case=heading)
    if len(of_kind) == 1:
        return _("Photo sent with the report: {case}", case=heading)
    number = of_kind.index(photo.name) + 1
    return _(
        "Photo {number} of {photos} sent with the report: {case}",
        number=number,
        photos=len(of_kind),
        case=heading,
    )


def _caption(case: CaseDetail, photo: CasePhoto, city: Jurisdiction, now: int) -> str:
    if photo.kind == "after":
        return caption_work(photo, case.closed_at is not None, city, now)
    return _("Sent with the report, {day}", day=formats.day(photo.taken_at, city.zone, now))


def caption_work(photo: CasePhoto, is_closed: bool, city: Jurisdiction, now: int) -> str:
    """What stands under a photo of the city's work."""
    # When a case was opened again, no one says when the photo of its closing was taken.
    if not is_closed:
        return _("After the city’s work")
    return _("After the city’s work, {day}", day=formats.day(photo.taken_at, city.zone, now))
