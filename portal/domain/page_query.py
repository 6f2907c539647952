"""The query of a page's address, without what others add to links.

    status=open&fbclid=IwAR0x&statsu=closed  →  PageQuery("status=open", ("statsu",))

Facebook, newsletters and search engines add names of their own to every link that is shared. A
page leaves out all that it does not know. It does so without a word for names that only track
people, and says so for others: a filter may be mistyped. Data is stricter and refuses
unknown names (CaseFilter.from_query_string), because a program that asks for too much would never
notice.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from urllib.parse import unquote_plus

from portal.domain.as_of import PARAMETER as AS_OF
from portal.domain.filters import VIEW_PARAMETERS, CaseFilter

PAGE_PARAMETERS = VIEW_PARAMETERS | {field.name for field in fields(CaseFilter)}
_TRACKING = """
_branch_match_id _bhlid _ga _gl _hsenc _hsmi _kx _openstat __s __twitter_impression amp amp_gsa
amp_js_v campaign campaign_id cid cmp cmpid dclid dm_i ef_id epik fb_action_ids fb_action_types
fb_ref fb_source fbclid fref gad gad_campaignid gad_source gbraid gclid gclsrc guccounter
hsctatracking icid igsh igshid iref irclickid li_fat_id mc_cid mc_eid mibextid mkt_tok msclkid
msockid ncid oly_anon_id oly_enc_id outputtype partner piwik_campaign rdt_cid ref ref_source
ref_src ref_url referer referrer rss s_cid s_kwcid sc_channel sccid sfnsn share shared si smid
source spm src srsltid tblci trackingid trk trkcampaign trkinfo ttclid twclid usqp vero_conv
vero_id via wbraid wickedid xtor yclid ysclid
"""
TRACKING_NAMES = frozenset(_TRACKING.split())
"""Names that services add to links to follow people, in lower case."""
TRACKING_PREFIXES = ("utm_", "_x_tr_", "hsa_", "pk_", "mtm_", "matomo_", "piwik_", "at_", "trk_")
_ESCAPED = "amp;"
"""What is left of “&amp;” where a link was copied out of HTML."""


@dataclass(frozen=True)
class PageQuery:
    """What a page understands of its query.

    `known` is a query with those parts only, spelled as they came. `unknown` are the names that
    the visitor should hear of, each once. `is_whole`: nothing at all was left out. `as_of` are the
    past days that it names (portal.domain.as_of), which are no part of `known`: what answers with
    today's data must not seem to answer with theirs. `own`: names and values of parameters that
    one page alone has.
    """

    known: str
    unknown: tuple[str, ...]
    is_whole: bool
    as_of: tuple[str, ...] = ()
    own: tuple[tuple[str, str], ...] = ()


def sift_query(search: str, own_names: frozenset[str] = frozenset()) -> PageQuery:
    """Tell what a page understands from what it does not. Any text is safe.

    `own_names`: parameters that this page alone has.
    """
    given = search.lstrip("?")
    known: list[str] = []
    unknown: list[str] = []
    as_of: list[str] = []
    own: list[tuple[str, str]] = []
    for part in given.split("&"):
        name, value = _name_of(part)
        if name == AS_OF and value:
            as_of.append(unquote_plus(value))
        elif name in own_names and value:
            own.append((name, unquote_plus(value)))
        elif name in PAGE_PARAMETERS:
            known.append(part.removeprefix(_ESCAPED))
        elif name and value and not is_tracking_name(name):
            unknown.append(name)
    kept = "&".join(known)
    is_whole = kept == given and not own
    return PageQuery(kept, tuple(dict.fromkeys(unknown)), is_whole, tuple(as_of), tuple(own))


def is_tracking_name(name: str) -> bool:
    """Whether a parameter only tells where a visitor came from."""
    lower = name.lower()
    return lower in TRACKING_NAMES or lower.startswith(TRACKING_PREFIXES)


def _name_of(part: str) -> tuple[str, str]:
    name, _, value = part.removeprefix(_ESCAPED).partition("=")
    return unquote_plus(name).strip(), value
