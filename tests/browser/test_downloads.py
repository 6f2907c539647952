"""Long downloads show how far they are; one that breaks off or is stopped saves nothing."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from layouts.cases import downloads
from tests.support.browser import DESKTOP, goto

pytestmark = pytest.mark.browser

PICKER = """
window.saved = null;
window.showSaveFilePicker = async ({ suggestedName }) => {
  if (window.refuses) throw new DOMException("no", window.refuses);
  return {
    async createWritable() {
      const parts = [];
      return new WritableStream({
        write(part) { parts.push(new TextDecoder().decode(part)); },
        close() { window.saved = { name: suggestedName, text: parts.join("") }; },
      });
    },
  };
};
"""
"""In place of the browser's own dialog, which no test can answer."""


@pytest.fixture
def data_page(town, site, visit, monkeypatch):
    """data_page() → the page about the data in a browser in which a page can write into a file."""
    monkeypatch.setattr(downloads, "LONG_BYTES", 0)

    def open_page(before: str = ""):
        visitor = visit(DESKTOP)
        visitor.page.add_init_script(PICKER + before)
        goto(visitor.page, f"{site}/data")
        return visitor

    return open_page


def test_a_long_file_is_saved_whole_and_said_so(data_page, site):
    visitor = data_page()
    page = visitor.page
    page.get_by_role("link", name="JSON Lines").click()
    expect(page.locator(".download-way")).to_have_text("Saved.")
    saved = page.evaluate("window.saved")
    assert saved["name"] == "cases.jsonl"
    assert saved["text"] == page.request.get(f"{site}/cases.jsonl").text()
    assert visitor.complaints == []


@pytest.mark.parametrize("trouble", ["503", "cut"])
def test_one_that_breaks_off_saves_nothing(data_page, trouble):
    page = data_page().page
    page.route(
        "**/cases.csv",
        lambda route: route.fulfill(status=503) if trouble == "503" else route.abort(),
    )
    page.get_by_role("link", name="CSV", exact=True).click()
    expect(page.locator(".download-way")).to_contain_text("broke off, and nothing was saved")
    assert page.evaluate("window.saved") is None


def test_one_that_is_stopped_saves_nothing(data_page):
    page = data_page().page
    page.route("**/cases.csv", lambda route: None)  # it never comes
    page.get_by_role("link", name="CSV", exact=True).click()
    expect(page.get_by_role("progressbar", name="CSV")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".download-way")).to_have_text("Stopped. Nothing was saved.")
    assert page.evaluate("window.saved") is None


def test_whoever_closes_the_dialog_gets_nothing_and_a_fault_of_it_the_plain_link(data_page):
    page = data_page("window.refuses = 'AbortError';").page
    page.get_by_role("link", name="CSV", exact=True).click()
    expect(page.locator(".download-way")).to_have_count(0)
    page = data_page("window.refuses = 'SecurityError';").page
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    assert download.value.suggested_filename.endswith(".csv")
