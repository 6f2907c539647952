"""Every callback's ids are on a page, each app has its own, and Dash exposes only what we need."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest
from dash import Dash

import app as app_module
from app import PortalDash, create_app
from layouts.shared.dash_layout import dash_layout


@pytest.fixture
def database() -> str:
    """The wires are the same on every database."""
    return "sqlite"


@pytest.fixture
def app(settings, portal) -> PortalDash:
    return create_app(settings, portal)


def ids_in(component) -> set[str]:
    return {
        component.id for component in component._traverse() if getattr(component, "id", None)
    } | {getattr(component, "id", None)}


def test_every_callback_listens_to_and_writes_what_is_there(app):
    there = ids_in(dash_layout())
    assert app.callback_map, "no callback is registered"
    for output, callback in app.callback_map.items():
        named = {part["id"] for part in [*callback["inputs"], *callback["state"]]} | {
            output.split(".")[0]
        }
        assert named <= there, f"{output}: {named - there} is on no page"


def test_a_second_app_in_the_process_has_the_same_callbacks(settings, portal):
    first, second = create_app(settings, portal), create_app(settings, portal)
    assert set(first.callback_map) == set(second.callback_map)
    assert first.callback_map is not second.callback_map


def test_dash_answers_at_four_addresses_only(app):
    rules = {
        str(rule)
        for rule in app.server.url_map.iter_rules()
        if "_dash" in str(rule) or str(rule).startswith("/_")
    }
    assert rules == {
        "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>",
        "/_dash-layout",
        "/_dash-dependencies",
        "/_dash-update-component",
        "/_assets/<path:filename>",
    }


def test_nothing_that_runs_for_developers_is_on(app):
    assert not app._enable_mcp
    assert not app._dev_tools.ui
    assert not app._dev_tools.serve_dev_bundles
    assert not app.server.debug
    assert not app.use_pages
    assert app._background_manager is None
    assert all(not callback.get("background") for callback in app.callback_map.values())


def test_what_else_is_installed_does_not_change_how_callbacks_answer(settings, portal, monkeypatch):
    monkeypatch.setitem(sys.modules, "asgiref", ModuleType("asgiref"))
    app = create_app(settings, portal)
    assert not app._use_async
    answer = app.server.test_client().post("/_dash-update-component", json={})
    assert answer.status_code < 500


def test_the_global_callback_registry_is_empty(app):
    from dash import _callback

    assert not _callback.GLOBAL_CALLBACK_MAP
    assert not _callback.GLOBAL_CALLBACK_LIST
    assert not _callback.GLOBAL_API_PATHS


def test_the_list_of_what_dash_opens_would_see_a_new_address(settings):
    plain = {str(rule) for rule in Dash("plain").server.url_map.iter_rules()}
    assert "/_reload-hash" in plain, (
        "Dash no longer opens the address that PortalDash leaves out; look at it again"
    )


def test_the_scripts_fetched_are_the_ones_the_pages_use(app):
    urls = app.script_urls()
    assert [
        name
        for name in ("dash_core_components", "dash_table", "plotly", "polyfill")
        if any(name in url for url in urls)
    ] == []
    assert sum("dash_leaflet.v" in url for url in urls) == 1
    assert sum("dash_renderer" in url for url in urls) == 1
    assert app_module.ASSETS.is_dir()
