"""Our own files: one style sheet, fingerprints, long caching; the budget before the first touch."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re

import brotli
import pytest

from app import ASSETS
from callbacks.shared.assets import minify_css, minify_script, read_assets
from callbacks.shared.compression import PackedBodies
from portal.cache.answer_store import AnswerStore
from portal.cache.shared import MemoryBytes, SharedAnswers

FIRST_BYTES = 40_000


def test_numbered_files_are_one_in_their_order():
    files = read_assets(ASSETS)
    sheet = files["portal.css"].decode()
    assert sheet.index("@layer tokens, base, components, print;") == 0
    assert (
        sheet.index("--paper")
        < sheet.index("h1, h2")
        < sheet.index(".case-card")
        < sheet.index("@media print")
    )
    form = files["form.css"]
    assert form.index(b".report-form") < form.index(b".staff-card") < form.index(b".kept-reports")
    assert {"icon-192.png", "icon-512.png", "icon-maskable-512.png", "list.js"} <= set(files)


def test_a_style_in_a_page_says_what_its_file_says(client):
    rules = "/* Why */\na { color: red; }\n\n  b :not(i),\n  b {\n    content: ' ; /';\n  }\n"
    sheet = minify_css(rules + "@media (min-width: 9px) and (hover) { /* two\nlines */\n}")
    assert sheet == "a{color:red}b :not(i),b{content:' ; /'}@media (min-width:9px) and (hover){}"
    style = client.get("/nowhere").text.partition("<style>")[2].partition("</style>")[0]
    files = read_assets(ASSETS)
    assert style == "".join(minify_css(files[name].decode()) for name in ("portal.css", "case.css"))
    assert "</" not in style
    assert "/*" not in style


def test_a_script_in_a_page_says_what_its_file_says_and_is_the_one_that_the_policy_names(client):
    assert (
        minify_script("/* Why,\n and how */\nf(function () {\n  go(); /* now */\n});\n")
        == "f(function () {\ngo();\n});"
    )
    answer = client.get("/nowhere")
    script = answer.text.partition("<script>")[2].partition("</script>")[0]
    assert script == minify_script(read_assets(ASSETS)["shared-starter.js"].decode())
    named = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'self' 'sha256-{named}';" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("path", "waiting"), [("/", ["boot", "list"]), ("/status", ["boot"]), ("/nowhere", ["boot"])]
)
def test_a_page_that_is_read_is_painted_before_its_scripts_are_fetched(
    client, add_case, publish, path, waiting
):
    add_case("101005512345", opened="2026-11-20")
    publish()
    head = client.get(path).text.partition("</head>")[0]
    later = head.partition('<template id="later">')[2].partition("</template>")[0]
    assert re.findall(r'/assets/(\w+)\.js\?v=\w+" ', later) == waiting
    assert "src=" not in head.replace(later, "")


@pytest.mark.parametrize(
    "path", ["/", "/cases", "/cases?status=closed&photo=yes", "/cases?q=unicorn", "/places/roxbury"]
)
def test_lists_of_cases_go_without_the_style_of_a_case_s_page_and_have_nothing_of_it(
    client, add_pothole, publish, path
):
    add_pothole(note="Deep")
    publish()
    page = client.get(path)
    assert page.status_code == 200
    sheet = read_assets(ASSETS)["case.css"].decode()
    assert minify_css(sheet) not in page.text
    names = names_in(sheet)
    assert {"timeline", "near-list"} <= names
    used = {
        name for names_of in re.findall(r'class="([^"]*)"', page.text) for name in names_of.split()
    }
    assert used & names <= {"status", "icon"}


@pytest.mark.parametrize(
    "path",
    [
        "/status",
        "/places",
        "/search?q=adams",
        "/cases/101005512345",
        "/cases/nope",
        "/report",
        "/staff/sign-in",
        "/cases?status=odd",
    ],
)
def test_pages_without_a_list_have_nothing_of_the_style_of_lists(
    client, add_pothole, publish, path
):
    add_pothole(note="Deep")
    publish()
    files = {
        name: names_in(body.decode())
        for name, body in read_assets(ASSETS).items()
        if name.endswith(".css")
    }
    used = {
        name
        for names_of in re.findall(r'class="([^"]*)"', client.get(path).text)
        for name in names_of.split()
    }
    assert {"site-header"} <= used
    assert used & (files["list.css"] | files["map.css"]) <= files["portal.css"]


def names_in(sheet: str) -> set[str]:
    """The classes that a style sheet has rules for."""
    return set(re.findall(r"\.([a-z][\w-]+)", re.sub(r"\{[^{}]*\}|/\*.*?\*/", "{}", sheet)))


def test_only_forms_bring_the_style_of_forms(client):
    assert 'rel="stylesheet"' not in client.get("/nowhere").text
    assert "/assets/form.css" in client.get("/staff/sign-in").text


def test_a_file_under_its_fingerprint_is_kept_for_a_year_and_otherwise_asked_again(client):
    page = client.get("/nowhere").text
    url = re.search(r'src="(/assets/boot\.js\?v=\w+)"', page)[1]
    plain, packed = (
        client.get(url, headers={"Accept-Encoding": encoding})
        for encoding in ("identity", "gzip, br")
    )
    assert "immutable" in plain.headers["Cache-Control"]
    assert "immutable" in packed.headers["Cache-Control"]
    assert brotli.decompress(packed.data) == plain.data == read_assets(ASSETS)["boot.js"]
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert client.get("/assets/boot.js?v=old").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("encodings", ["gzip, br;q=0", "identity, *;q=0"])
def test_who_cannot_read_brotli_is_not_sent_it(client, encodings):
    """“br;q=0” counted as a yes: only the name was looked for."""
    url = re.search(r'src="(/assets/boot\.js\?v=\w+)"', client.get("/nowhere").text)[1]
    assert client.get(url, headers={"Accept-Encoding": "br;q=0.1"}).content_encoding == "br"
    assert client.get(url, headers={"Accept-Encoding": encodings}).content_encoding != "br"


@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_a_refusal_is_made_smaller_as_any_page_is(client, encoding):
    """404 pages were sent uncompressed: flask_compress only takes answers of 2xx."""
    plain = client.get("/nowhere", headers={"Accept-Encoding": "identity"})
    packed = client.get("/nowhere", headers={"Accept-Encoding": encoding})
    assert (
        (packed.status, packed.content_encoding)
        == (plain.status, encoding)
        == ("404 NOT FOUND", encoding)
    )
    assert len(packed.data) < len(plain.data) / 2
    assert {"br": brotli, "gzip": gzip}[encoding].decompress(packed.data) == plain.data
    assert (
        "Accept-Encoding" in packed.headers["Vary"] and "Accept-Encoding" in plain.headers["Vary"]
    )
    assert packed.headers["Content-Length"] == str(len(packed.data))


@pytest.mark.parametrize("name", ["nope.js", "..%2fapp.py", "shared-1-tokens.css", ""])
def test_nothing_else_of_the_folder_or_beside_it_is_served(client, name):
    assert client.get(f"/assets/{name}").status_code == 404


def test_icons_are_there(client):
    assert client.get("/favicon.ico").mimetype == "image/x-icon"
    assert client.get("/assets/favicon.svg").mimetype == "image/svg+xml"


def test_the_first_page_weighs_under_forty_kilobytes_before_the_first_touch(
    client, add_case, publish
):
    for n in range(50):
        add_case(
            f"10100551{n:04}",
            opened="2026-11-20",
            neighborhood=f"Ward {n}",
            address=f"{n} Adams St",
            note=f"Deep hole number {n}, at the crosswalk",
        )
    publish()
    page = client.get("/", headers={"Accept-Encoding": "br"})
    assert page.status_code == 200
    text = brotli.decompress(page.data).decode()
    # A phone fetches the icon only when the portal is put on its home screen.
    at_once = re.sub(
        r'<link rel="apple-touch-icon"[^>]*>', "", text.split('<template id="dash-asleep"')[0]
    )
    urls = re.findall(r'(?:src|href)="(/assets/[^"]+)"', at_once)
    assert {re.sub(r"\?.*", "", url) for url in urls} == {
        "/assets/favicon.svg",
        "/assets/boot.js",
        "/assets/list.js",
    }
    total = len(page.data) + sum(
        len(client.get(url.replace("&amp;", "&"), headers={"Accept-Encoding": "br"}).data)
        for url in urls
    )
    assert total <= FIRST_BYTES, f"{total} bytes"


def test_no_style_sheet_or_script_calls_another_host():
    for name, body in read_assets(ASSETS).items():
        hosts = re.findall(rb"https?://[^\s\"')]+", body)
        assert set(hosts) <= {b"http://www.w3.org/2000/svg"}, name


def test_colours_stand_in_the_tokens_alone():
    for sheet in sorted({*ASSETS.glob("*.css")} - {*ASSETS.glob("shared-[15]-*.css")}):
        assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;\s,)])", sheet.read_text()), sheet.name


def test_kept_bodies_are_bounded_and_the_ones_used_last_stay(app, portal):
    store = AnswerStore(max_bytes=100_000)
    portal.shared = SharedAnswers(MemoryBytes(store), "here")
    kept = PackedBodies(portal)
    half = b"x" * (store.max_bytes // 2 - 1_000)
    with app.server.test_request_context("/"):
        assert kept.set("br;", b"never") is False
        kept.set("br;huge", b"x" * (store.max_bytes + 1))
        assert kept.get("br;huge") is None
        kept.set("br;a", half)
        kept.set("br;b", half)
        assert kept.get("br;a") == half
        kept.set("br;c", b"one more" * 1_000)
        found = (kept.get("br;a"), kept.get("br;b"), kept.get("br;c"))
        assert found == (half, None, b"one more" * 1_000)


def test_a_kept_body_is_not_sent_to_the_cache_again(app, portal):
    """flask_compress brings back each body that it was given: a round trip for every page."""
    kept = PackedBodies(portal)
    with app.server.test_request_context("/"):
        assert kept.set("br;a", b"packed") is True
        assert kept.get("br;a") == b"packed"
        assert kept.set("br;a", b"packed") is False
