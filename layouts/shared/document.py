"""One HTML document: what search engines and link previews read, the page itself, Dash asleep.

The text is in document.html.jinja; what needs a decision is decided here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from layouts.shared.language import LANGUAGES, SOURCE, Language, current_language
from layouts.shared.prerender import to_html

PAPER = {"light": "#ffffff", "dark": "#0f1720"}
"""Color of the page in each theme, as in assets/shared-1-tokens.css; browsers paint the area
around the page with it."""

_PARTS: Any = (
    Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    .get_template("document.html.jinja")
    .module
)


@dataclass(frozen=True)
class TypedForm:
    """A form by its id, the screen of it that is shown, and what the Enter key presses there."""

    id: str
    step: str
    enter: str


@dataclass(frozen=True)
class Page:
    """What a path answers with; `body` is the content of `<main>`."""

    title: str
    description: str
    body: Any
    status: int = 200
    path: str = ""
    """Canonical path with its query; empty for a page that no search engine should index."""
    has_island: bool = False
    """Whether Dash draws something on it."""
    is_wide: bool = False
    """Whether it fills the window: a list beside its map."""
    image: str = ""
    """Path of the picture that link previews show."""
    structured: Any = None
    """What the page says to machines, as schema.org's JSON-LD."""
    has_report: bool = False
    """Whether it needs the scripts of the report form."""
    has_staff: bool = False
    """Whether it is a page for staff."""
    has_form: bool = False
    """Whether it is a form, or made of parts of one, and needs their style."""
    typed_form: TypedForm | None = None
    """A form that another language shows again, with all that was typed in it."""
    left_out: tuple[str, ...] = ()
    """Names in the visitor's address that no page knows, and that were therefore ignored."""


@dataclass(frozen=True)
class AppIcon:
    """A picture of the portal for home screens.

    `sizes` is like 192x192. `purpose` maskable: phones may cut it to a shape of their own.
    """

    address: str
    sizes: str
    purpose: str


@dataclass(frozen=True)
class Frame:
    """What every document has: styles, and addresses of scripts. Made once per process."""

    style: str
    """What the first screen needs is part of each page: a file would take one more round trip."""
    list_style: str
    """The same for pages with a list of cases and its map."""
    case_style: str
    """The same for all other pages, such as a case's."""
    embed_style: str
    """What frames on other sites have besides (layouts.data.embeds)."""
    map_style_url: str
    form_style_url: str
    starter: str
    """The one script inside a page; the content security policy names it by its hash."""
    boot_url: str
    list_url: str
    report_urls: tuple[str, ...]
    staff_url: str
    kept_urls: tuple[str, ...]
    """Scripts for reports on the visitor's phone, which any page may fetch later."""
    worker_url: str
    """The service worker; empty where the portal has none."""
    icon_url: str
    touch_icon_url: str
    app_icons: tuple[AppIcon, ...]
    dash_config: str
    dash_scripts: tuple[str, ...]


def document(frame: Frame, page: Page, shell: Any, site_url: str) -> str:
    """The whole document. `shell` is the tree of the body (layouts.shared.shell)."""
    language = current_language()
    is_indexed = page.path and page.status == 200
    head = _PARTS.page_head(
        page,
        language,
        address=site_url + address_in_language(page.path, language.code) if is_indexed else "",
        translations=_translations(page, site_url) if is_indexed else (),
        picture=site_url + address_in_language(page.image, language.code) if page.image else "",
        json_ld=_json_ld(page),
    )
    kind = Kind(page.has_island, page.is_wide, page.has_form, page.has_report, page.has_staff)
    start, end = _frame_parts(frame, kind, language)
    return "".join((head, start, to_html(shell), end))


@dataclass(frozen=True)
class Kind:
    """What decides which styles and scripts a page needs; see Page."""

    has_island: bool
    is_wide: bool
    has_form: bool
    has_report: bool
    has_staff: bool


@lru_cache(maxsize=64)
def _frame_parts(frame: Frame, kind: Kind, language: Language) -> tuple[str, str]:
    """What comes before the body and after it, the same for all pages of a kind."""
    head = _PARTS.frame_head(
        frame,
        language,
        PAPER,
        style=frame.list_style if kind.has_island else frame.case_style,
        is_wide=kind.is_wide,
        has_form=kind.has_form,
        scripts=_scripts(frame, kind),
        is_read=not (kind.has_report or kind.has_staff),
    )
    asleep = _PARTS.sleeping_dash(frame) if kind.has_island else ""
    return str(head), f"\n{asleep}</body>\n</html>\n"


def address_in_language(path: str, code: str) -> str:
    """The one address of a page in a language, for robots and links; English has the plain one."""
    return path if code == SOURCE.code else f"{path}{'&' if '?' in path else '?'}lang={code}"


def _translations(page: Page, site_url: str) -> list[tuple[str, str]]:
    """(language, address) of the page in every language."""
    addresses = [(code, site_url + address_in_language(page.path, code)) for code in LANGUAGES]
    return [*addresses, ("x-default", site_url + page.path)]


def _scripts(frame: Frame, kind: Kind) -> tuple[str, ...]:
    """The scripts of a page beside boot.js. Forms and staff's pages work without theirs."""
    if kind.has_report:
        return frame.report_urls
    if kind.has_staff:
        return (frame.staff_url,)
    return (frame.list_url,) if kind.has_island else ()


def _json_ld(page: Page) -> Markup | None:
    """Data, which no policy takes for a script; a “<” in it ends nothing."""
    if page.structured is None:
        return None
    text = json.dumps(page.structured, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704 - no “<” is left
