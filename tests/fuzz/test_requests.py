"""Bodies, methods, hosts and headers that no browser sends: refused, never a fault of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.examples import examples

FUZZ = examples(120)
CALLBACKS = "/_dash-update-component"
ANSWERS = frozenset({200, 204, 304, 400, 404, 405, 413, 415, 416})
KEYS = ("output", "outputs", "inputs", "state", "changedPropIds", "parsedChangedPropsIds")

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["/", "/cases?status=odd", "//", "http://["]),
    lambda part: (
        st.lists(part, max_size=4) | st.dictionaries(st.text(max_size=10), part, max_size=4)
    ),
    max_leaves=12,
)


def real_body(output: str, callback: dict[str, Any], value: Any = "/") -> dict[str, Any]:
    """What Dash's own script would send for a callback."""
    names = [name.rsplit(".", 1) for name in output.strip(".").split("...")]
    outputs = [{"id": name, "property": prop} for name, prop in names]
    return {
        "output": output,
        "outputs": outputs if output.startswith("..") else outputs[0],
        "inputs": [{**part, "value": value} for part in callback["inputs"]],
        "state": [{**part, "value": value} for part in callback["state"]],
        "changedPropIds": [f"{part['id']}.{part['property']}" for part in callback["inputs"]],
    }


def post(ask, body: Any, **options) -> int:
    return ask(
        CALLBACKS,
        "POST",
        data=body if isinstance(body, bytes) else json.dumps(body),
        content_type="application/json",
        **options,
    ).status_code


@FUZZ
@given(value=json_values)
def test_no_value_breaks_a_callback(town, app, ask, value):
    for output, callback in app.callback_map.items():
        assert post(ask, real_body(output, callback, value)) in (200, 204, 400)


@FUZZ
@given(key=st.sampled_from([*KEYS, "new", "cancelJob"]), value=json_values)
def test_no_forged_part_breaks_a_callback(town, app, ask, key, value):
    for output, callback in app.callback_map.items():
        assert post(ask, real_body(output, callback) | {key: value}) in (200, 204, 400)


@pytest.mark.parametrize("key", KEYS)
def test_no_missing_part_breaks_a_callback(town, app, ask, key):
    for output, callback in app.callback_map.items():
        assert post(ask, {k: v for k, v in real_body(output, callback).items() if k != key}) in (
            200,
            204,
            400,
        )


def test_huge_bodies_are_refused_and_deep_ones_are_not_walked(town, app, ask):
    for output, callback in app.callback_map.items():
        assert post(ask, real_body(output, callback, "x" * 1_000_000)) == 413
        assert post(ask, real_body(output, callback, "x" * 200_000)) == 400
        many = real_body(output, callback) | {"inputs": [{}] * 50_000}
        assert post(ask, many) == 400
    assert post(ask, b"[" * 100_000 + b"]" * 100_000) == 400
    assert post(ask, b'{"output":' * 20_000 + b"1" + b"}" * 20_000) == 400
    assert post(ask, b"9" * 200_000) == 400


@FUZZ
@given(
    body=st.binary(max_size=200),
    kind=st.sampled_from(
        ["application/json", "text/plain", "multipart/form-data; boundary=", "", "☃"]
    ),
)
def test_bodies_that_are_no_json_are_refused(town, ask, body, kind):
    answer = ask(
        CALLBACKS,
        "POST",
        data=body,
        headers={"Content-Type": kind.encode("utf-8").decode("latin-1")},
    )
    assert answer.status_code == 400


METHODS = (
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "PROPFIND",
    "get",
    "X" * 90,
)


@pytest.mark.parametrize(
    "path",
    ["/", "/cases", "/cases/101005510004", "/tiles/0/0/0.json", "/status", CALLBACKS, "/nowhere"],
)
def test_no_method_breaks_anything(town, ask, path):
    for method in METHODS:
        assert ask(path, method, data=b"a=1").status_code in ANSWERS, method


HOSTS = (
    "evil.example",
    "smallville.localhost.evil.example",
    "localhost@evil",
    "",
    " ",
    "[::1",
    "[]",
    "a" * 300,
    "é",
    "a/b",
    "%00",
    ".",
    "..",
    "*",
    "localhost:99999999",
    "127.0.0.1:8050:1",
    "localhost\t",
)


@pytest.mark.parametrize(
    "path", ["/", "/cases", "/cases?lang=tlh", "/sitemap.xml", "/nowhere", "/tiles/0/0/0.json"]
)
def test_no_host_breaks_anything_and_a_strange_one_is_told_so(town, ask, path):
    for host in HOSTS:
        answer = ask(path, headers={"Host": host.encode("utf-8").decode("latin-1")})
        assert answer.status_code in (200, 400, 404)
        assert "evil" not in answer.headers.get("Location", "")


names = st.sampled_from(
    (
        "Accept",
        "Accept-Language",
        "Accept-Encoding",
        "If-None-Match",
        "If-Modified-Since",
        "Range",
        "If-Range",
        "Cookie",
        "Content-Length",
        "Content-Type",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "Forwarded",
        "Origin",
        "Referer",
        "User-Agent",
        "Cache-Control",
        "Transfer-Encoding",
        "Authorization",
        "X-HTTP-Method-Override",
        "Upgrade",
    )
)
lines = st.one_of(
    st.text(
        st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=80
    ),
    st.sampled_from(
        [
            "*",
            "es;q=nan",
            "en-" + "x" * 3_000,
            "bytes=0-",
            "bytes=9-1",
            'W/"',
            "-1",
            "99999999999",
            "chunked",
            "br;q=1, gzip;q=x",
            "lang=ß",
        ]
    ),
)


@FUZZ
@given(
    path=st.sampled_from(
        ["/", "/cases?status=open", "/cases/101005510004", "/tiles/0/0/0.json", "/status?x=1"]
    ),
    headers=st.dictionaries(names, lines, max_size=4),
)
def test_no_header_breaks_anything(town, ask, path, headers):
    assert ask(path, headers=headers).status_code in ANSWERS


def test_a_fault_would_be_seen(app, ask):
    app.server.add_url_rule("/broken", view_func=lambda: 1 // 0)
    with pytest.raises(AssertionError, match="500"):
        ask("/broken")
