"""A layout as HTML text, so that a page can be read before any script runs.

    to_html(html.P(["A ", tag("b", {}, "<hole>")]))       <p>A <b>&lt;hole&gt;</b></p>

It knows `dash.html`, the tags that lacks (`Tag`), and islands: the one place in a page where Dash
draws once it is awake. All text is escaped. An address that is no ordinary link is left out. Links
and forms keep the language that the reader chose (layouts.shared.language.keep_language).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from typing import Any

from dash.development.base_component import Component

from layouts.shared.language import keep_language, language_kept_in_forms

HTML_NAMESPACE = "dash_html_components"
VOID_TAGS = frozenset(
    {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
PROPERTY_NAMES = {
    "className": "class",
    "htmlFor": "for",
    "httpEquiv": "http-equiv",
    "acceptCharset": "accept-charset",
}
DASH_BOOKKEEPING = {
    "_prop_names",
    "_valid_wildcard_attributes",
    "available_properties",
    "available_wildcard_properties",
}
NOT_ATTRIBUTES = DASH_BOOKKEEPING | {
    "children",
    "key",
    "n_clicks",
    "n_clicks_timestamp",
    "disable_n_clicks",
    "setProps",
}
ADDRESSES = frozenset({"href", "src", "action"})
_SPECIAL = re.compile("[&<>\"']")
SAFE_STARTS = ("/", "#", "?", "https://", "http://", "mailto:", "tel:")


@dataclass(slots=True)
class Tag:
    """An element that dash.html has no class for, such as `svg`; attributes by their HTML names."""

    name: str
    attributes: dict[str, Any] = field(default_factory=dict)
    children: Any = None


@dataclass(frozen=True)
class Island:
    """Where Dash draws once it is awake; until then, and without scripts, `still` is there."""

    still: Any


def tag(name: str, attributes: dict[str, Any], children: Any = None) -> Any:
    """A Tag for use among components, whose types do not allow for it."""
    return Tag(name, attributes, children)


def island(still: Any) -> Any:
    """The same for an Island."""
    return Island(still)


def aria_label(name: str) -> dict[str, Any]:
    """An element's name for screen readers: `html.Nav(…, **aria_label("Pages"))`."""
    return {"aria-label": name}


def to_html(node: Any) -> str:
    """HTML of a tree of components, tags, islands, lists and plain text."""
    if isinstance(node, str):
        return _escaped(node)
    if isinstance(node, Tag):
        return _element(node.name, node.attributes, node.children)
    if isinstance(node, (list, tuple)):
        return "".join(map(to_html, node))
    if node is None or isinstance(node, bool):
        return ""
    if isinstance(node, Island):
        still = f'<div class="still">{to_html(node.still)}</div>'
        return f'<div class="island">{still}<div id="react-entry-point"></div></div>'
    if isinstance(node, Component):
        return _component(node)
    return _escaped(str(node))


def _escaped(text: str) -> str:
    return escape(text) if _SPECIAL.search(text) else text


def _component(node: Component) -> str:
    # to_plotly_json() gives the same, and took half the time of a whole page.
    kind, props = type(node).__name__, vars(node)
    if node._namespace != HTML_NAMESPACE:  # pyright: ignore[reportAttributeAccessIssue]
        raise TypeError(
            f"{kind} is drawn by a script; put it in an island, with a still picture in its place"
        )
    # Sorted: Dash's own order differs between processes, and a page must be the same bytes in all.
    attributes = {
        _attribute_name(name): props[name] for name in sorted(props) if name not in NOT_ATTRIBUTES
    }
    return _element(kind.lower(), attributes, props.get("children"))


def _attribute_name(property_name: str) -> str:
    return PROPERTY_NAMES.get(property_name, property_name.lower())


def _element(name: str, attributes: dict[str, Any], children: Any) -> str:
    if name == "a" and "href" in attributes:
        attributes = attributes | {"href": keep_language(str(attributes["href"]))}
    start = f"<{name}{''.join(_attribute(key, value) for key, value in attributes.items())}>"
    if name == "form" and (code := language_kept_in_forms()):
        start += f'<input type="hidden" name="lang" value="{code}">'
    return start if name in VOID_TAGS else f"{start}{to_html(children)}</{name}>"


def _attribute(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name.startswith(("aria-", "data-")) and isinstance(value, bool):
        return f' {name}="{str(value).lower()}"'
    if value is False or (name in ADDRESSES and not str(value).startswith(SAFE_STARTS)):
        return ""
    if value is True:
        return f" {name}"
    return f' {name}="{_escaped(_style(value) if name == "style" else str(value))}"'


def _style(rules: dict[str, Any]) -> str:
    return ";".join(f"{_css_name(name)}:{value}" for name, value in rules.items())


def _css_name(name: str) -> str:
    return (
        name
        if name.startswith("--")
        else "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)
    )
