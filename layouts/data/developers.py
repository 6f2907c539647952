"""The page for developers: the API's addresses, parameters, fields and refusals, with examples.

Made from the endpoints themselves, as the OpenAPI document is. What the reference says is English
in every language, as in the API.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from dash import html

from layouts.data.columns import english
from layouts.shared.components import table
from layouts.shared.document import Page
from layouts.shared.language import _, weave
from layouts.shared.prerender import tag
from portal.domain.api_reference import ApiReference, Endpoint, Parameter
from portal.domain.jurisdiction import Jurisdiction

LONGEST_CHOICE = 12
"""Words of a parameter that are named here; of more, the OpenAPI document has them all."""


def developers_page(city: Jurisdiction, api: ApiReference) -> Page:
    """The reference, with an example of each endpoint."""
    heading = _("The cases of {city}, for programs", city=city.name)
    return Page(
        title=f"{heading} · Citizens Connect",
        description=_("A JSON API with every public case, what changed in it, and counts."),
        body=[
            html.H1(heading, tabIndex="-1"),
            html.P(_lead(), className="lead"),
            *_begin(api),
            html.H2(_("What you can ask")),
            *[part for one in api.endpoints for part in _describe(one, api)],
            *_fields(),
            *_refusals(api),
        ],
        path="/developers",
    )


def _lead() -> str:
    return _(
        "A JSON API with every public case, what changed in it, and counts. It answers with what"
        " the pages show, and it needs no key."
    )


def _begin(api: ApiReference) -> list[Any]:
    address = f"{api.address}/openapi.json"
    openapi = html.A("OpenAPI 3.1", href=address)
    rules = (
        weave(_("The whole API is described in {openapi}."), openapi=openapi),
        [_("Times are UTC, in RFC 3339; days are the city’s.")],
        [
            _(
                "Every answer says how current it is, which version of the data it has, and which "
                "page shows it."
            )
        ],
        [_("Lists come in pages. Ask for the address in “next” until there is none.")],
        [_("Ask again with the ETag of an answer: if nothing changed, none is sent.")],
        [_("Scripts of any site may read; no cookies are used.")],
        weave(
            _(
                "Without a key, {n} calls an hour may come from one network; with {key} there are"
                " more. The RateLimit header says how many are left.",
                n=f"{api.calls_per_hour:,}",
                key="{key}",
            ),
            key=html.A(_("a key of your own"), href="/developers/keys"),
        ),
        weave(
            _("For whole files, go to {data}."),
            data=html.A(_("the data as files"), href="/data"),
        ),
    )
    return [
        html.Ul([html.Li(rule) for rule in rules], className="bullets"),
        _code(f'curl "{address}"'),
    ]


def _describe(endpoint: Endpoint, api: ApiReference) -> list[Any]:
    example = endpoint.example.replace("{number}", api.number)
    parts = [
        html.H3(english(endpoint.summary), id=endpoint.name),
        html.P(tag("code", {}, f"GET {urlsplit(api.address).path}{endpoint.path}")),
        html.P(english(endpoint.meaning)),
    ]
    if endpoint.parameters:
        heads = [_("Parameter"), _("Meaning"), _("Values")]
        rows = [_parameter(one) for one in endpoint.parameters]
        caption = _("Parameters: {name}", name=endpoint.summary)
        parts.append(html.Div(table(caption, heads, rows), className="table-of-words"))
    return [*parts, _code(f'curl "{api.address}{example}"')]


def _parameter(parameter: Parameter) -> list[Any]:
    return [
        tag("code", {}, parameter.name),
        english(parameter.meaning),
        tag("code", {}, _values(parameter)),
    ]


def _values(parameter: Parameter) -> str:
    """What may be given: its words, its range, or an example."""
    schema = parameter.schema
    words = schema.get("enum") or schema.get("items", {}).get("enum")
    if words:
        more = ", …" if len(words) > LONGEST_CHOICE else ""
        return ", ".join(words[:LONGEST_CHOICE]) + more
    if "minimum" in schema:
        return f"{schema['minimum']} – {schema['maximum']}"
    return parameter.example


def _fields() -> list[Any]:
    sentence = _("The fields of a case are the columns of the files: {columns}.")
    link = html.A(_("what the columns mean"), href="/data/columns")
    return [html.H2(_("Fields of a case")), html.P(weave(sentence, columns=link))]


def _refusals(api: ApiReference) -> list[Any]:
    rows = [
        [
            tag("span", {"id": f"problem-{status}"}, f"{status} {HTTPStatus(status).phrase}"),
            english(meaning),
        ]
        for status, meaning in api.refusals.items()
    ]
    sentence = _(
        "An error is a JSON problem (RFC 9457). It says in a sentence what is wrong and what to "
        "do, and names the parameter."
    )
    heading = _("Errors")
    return [
        html.H2(heading),
        html.P(sentence),
        html.Div(table(heading, [_("Status"), _("Meaning")], rows), className="table-of-words"),
    ]


def _code(text: str) -> Any:
    return tag("pre", {"tabindex": "0"}, tag("code", {}, text))
