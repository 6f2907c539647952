"""How each published number is counted: docs/metrics.md as a page, so that there is one text.

    counting_page(city, Path("docs/metrics.md").read_text())

Each part of the document has an anchor, made from its heading up to the colon; pages link to it by
`layouts.shared.components.counting_link`. What it says is
English in every language, as the names of the columns are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dash import html
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from layouts.shared.components import COUNTING
from layouts.shared.document import Page
from layouts.shared.language import _, current_language
from layouts.shared.prerender import tag
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.slug import make_slug


def counting_page(city: Jurisdiction, text: str) -> Page:
    """The page, with a list of its parts."""
    tree = SyntaxTreeNode(MarkdownIt("commonmark").parse(text))
    title, *blocks = tree.children
    heading = _("How we count")
    named = [(anchor_of(block), _words(block)) for block in blocks if block.type == "heading"]
    links = [html.Li(html.A(_short(words), href=f"#{anchor}")) for anchor, words in named]
    said = tag("div", {"lang": "en", "class": "counting"}, list(map(_draw, blocks)))
    return Page(
        title=f"{heading} · {city.name} · Citizens Connect",
        description=_("What each number on these pages counts, and what it leaves out."),
        body=[
            html.P(html.A(_("About the data"), href="/data"), className="back"),
            html.H1(heading, tabIndex="-1"),
            *_say_language(),
            tag("ul", {"lang": "en", "class": "plain-list"}, links),
            said,
        ],
        path=COUNTING,
    )


def anchor_of(heading: SyntaxTreeNode) -> str:
    """The id of a part: “The week: “in the last seven days …”” is the-week."""
    return make_slug(_short(_words(heading)))


def _say_language() -> list[Any]:
    if current_language().code == "en":
        return []
    return [html.P(_("This page is in English."), className="quiet")]


def _short(words: str) -> str:
    """A heading without its example."""
    return words.partition(": ")[0]


def _words(node: SyntaxTreeNode) -> str:
    return node.content or "".join(_words(child) for child in node.children)


def _draw(node: SyntaxTreeNode) -> Any:
    """A part of the document as the component that shows it."""
    if node.type == "inline":
        return _draw_all(node.children)
    if node.type == "heading":
        return html.H2(_draw_all(node.children), id=anchor_of(node), tabIndex="-1")
    if node.type in ("text", "softbreak", "hardbreak"):
        return node.content or " "
    if node.type in ("code_inline", "code_block", "fence"):
        return tag("code", {}, node.content)
    if node.type == "link":
        return _draw_link(node)
    return tag(_TAGS[node.type], _LOOKS.get(node.type, {}), _draw_all(node.children))


def _draw_all(nodes: Iterable[SyntaxTreeNode]) -> list[Any]:
    return [_draw(node) for node in nodes]


def _draw_link(node: SyntaxTreeNode) -> Any:
    """A link to another site. Other documents are not on this one: their names alone."""
    address = str(node.attrs.get("href", ""))
    words = _draw_all(node.children)
    if address.startswith("https://"):
        return tag("a", {"href": address, "rel": "noopener"}, words)
    return tag("span", {}, words)


_TAGS = {
    "paragraph": "p",
    "bullet_list": "ul",
    "list_item": "li",
    "strong": "strong",
    "em": "em",
}
"""What docs/metrics.md is made of, but for headings, code and links. A test reads all of it."""
_LOOKS = {"bullet_list": {"class": "bullets"}}
