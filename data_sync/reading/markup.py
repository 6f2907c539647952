"""Texts without the HTML that a city's system has left in them.

    without_markup("Filled &amp; swept.<br/>Crew 7")   # 'Filled & swept. Crew 7'

Only whole entities and whole tags of HTML count: "AT&T", "a < b" and "<3" stay.
"""

from __future__ import annotations

import html
import re

ESCAPED_AT_MOST = 3
"""How often a text may have been escaped on its way: &amp;amp; was twice."""

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")
_NAMES = (
    "a|abbr|b|big|blockquote|body|br|center|code|div|em|font|h[1-6]|head|hr|html|i|img|label|li|"
    "link"
    "|meta|o:p|ol|p|pre|s|script|small|span|strike|strong|style|sub|sup|table|tbody|td|tfoot|th"
    "|thead|title|tr|tt|u|ul"
)
_ATTRIBUTE = r"\s+[\w:.-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'<>]+))"
_TAG = re.compile(rf"</?(?:{_NAMES})(?:{_ATTRIBUTE})*\s*/?>", re.IGNORECASE)
_UNSEEN = re.compile(
    r"<(script|style|head)\b[^>]*>.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL
)
_MAY_HAVE = re.compile(r"&[#a-zA-Z]|<[a-zA-Z/!]")


def may_have_markup(text: str) -> bool:
    """A quick look at a text; False for nearly all."""
    return ("&" in text or "<" in text) and _MAY_HAVE.search(text) is not None


def without_markup(text: str) -> str:
    """The text as a reader of the page would have seen it: a tag is a space between words."""
    for _ in range(ESCAPED_AT_MOST):
        plain = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
        if plain == text:
            break
        text = plain
    if "<" not in text:
        return text
    text = _TAG.sub(" ", _UNSEEN.sub(" ", text))
    return re.sub(r" +(?=[ \n.,;:!?])|(?<=\n) +", "", text)
