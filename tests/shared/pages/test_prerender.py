"""A layout as HTML: everything escaped, nothing added."""

from __future__ import annotations

import dash_leaflet as dl
import pytest
from dash import html
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as parser

from layouts.shared.prerender import Island, Tag, to_html


def test_a_tree_becomes_the_html_one_would_write():
    tree = html.Article(
        [
            html.H2(html.A("Pothole", href="/cases/1")),
            html.P("Deep", className="note"),
            None,
            False,
            3,
        ]
    )
    assert (
        to_html(tree)
        == '<article><h2><a href="/cases/1">Pothole</a></h2><p class="note">Deep</p>3</article>'
    )


def test_properties_get_their_html_names():
    label = html.Label("Type", htmlFor="filter-type")
    moment = html.Time("today", dateTime="2026-11-23T01:00:00Z")
    assert (
        to_html([label, moment])
        == '<label for="filter-type">Type</label><time datetime="2026-11-23T01:00:00Z">today</time>'
    )


def test_true_is_a_bare_attribute_and_false_is_none():
    assert to_html(html.P("x", hidden=True)) == "<p hidden>x</p>"
    assert to_html(html.P("x", hidden=False)) == "<p>x</p>"


def test_aria_and_data_keep_the_word_false():
    assert to_html(html.P("x", **{"aria-busy": False})) == '<p aria-busy="false">x</p>'
    assert to_html(html.P("x", **{"data-open": True})) == '<p data-open="true">x</p>'


def test_style_is_written_with_css_names_and_variables_as_they_are():
    assert (
        to_html(html.Div(style={"marginTop": "3px", "--ratio": "1.5"}))
        == '<div style="margin-top:3px;--ratio:1.5"></div>'
    )


def test_elements_without_content_are_not_closed_but_svg_ones_are():
    assert to_html(html.Img(src="/a.png", alt="")) == '<img alt="" src="/a.png">'
    assert to_html(Tag("path", {"d": "M0 0"})) == '<path d="M0 0"></path>'


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        " javascript:alert(1)",
        "data:text/html,x",
        "JaVaScRiPt:x",
        "vbscript:x",
    ],
)
def test_an_address_that_runs_something_is_left_out(address):
    assert to_html(html.A("x", href=address)) == "<a>x</a>"


def test_an_island_is_a_still_picture_beside_the_place_dash_draws_in():
    assert (
        to_html(Island(html.P("map"))) == '<div class="island"><div class="still"><p>map</p></div>'
        '<div id="react-entry-point"></div></div>'
    )


def test_a_component_that_needs_a_script_is_refused_outside_an_island():
    with pytest.raises(TypeError, match="MapContainer"):
        to_html(html.Div(dl.MapContainer()))


@given(st.text())
def test_no_text_can_become_markup(text):
    root = parser.fragment_fromstring(to_html(html.Div(html.P(text, title=text))))
    assert [element.tag for element in root.iter()] == ["div", "p"]
    assert set(root[0].attrib) == {"title"}
