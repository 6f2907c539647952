"""Our own style sheets, scripts and icons, under addresses that change with their content and may be kept for a year."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

import brotli
from flask import Flask, Response, g, request

from portal.errors import NotFound

MIMETYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".ico": "image/x-icon",
    ".png": "image/png",
}
PACKED = (".css", ".js", ".svg")
A_YEAR = "public, max-age=31536000, immutable"
_NUMBERED = re.compile(r"[a-z]+-(?:(?P<bundle>[a-z]+)-)?(?P<place>\d)-[\w-]+")
_LAYOUT = re.compile(
    r"""(?P<quoted>"[^"]*"|'[^']*')|/\*.*?\*/|\s*(?P<mark>[{};,])\s*|(?P<colon>:)\s+|(?P<space>\s+)""",
    re.DOTALL,
)


def serve_assets(server: Flask, bodies: dict[str, bytes]) -> dict[str, str]:
    """Serve the files at /assets; gives name → address with its fingerprint."""
    prints = {name: hashlib.sha256(body).hexdigest()[:12] for name, body in bodies.items()}

    @cache
    def packed(name: str) -> bytes:
        return brotli.compress(bodies[name], mode=brotli.MODE_TEXT)

    def kept(name: str) -> Response:
        is_packed = (
            Path(name).suffix in PACKED and request.accept_encodings.quality("br") > 0
        )  # `in` would not hear “br;q=0”
        answer = Response(
            packed(name) if is_packed else bodies[name], mimetype=MIMETYPES[Path(name).suffix]
        )
        if is_packed:
            answer.content_encoding = "br"
            answer.vary.add("Accept-Encoding")
        return cache_for_a_year(answer, name)

    def asset(name: str) -> Response:
        if name not in bodies:
            raise NotFound("There is no such file.")
        if request.args.get("v") == prints[name]:
            return kept(name)
        return _asked_again(
            Response(bodies[name], mimetype=MIMETYPES[Path(name).suffix]), prints[name]
        )

    server.add_url_rule("/assets/<name>", endpoint="asset", view_func=asset)
    server.add_url_rule("/favicon.ico", endpoint="favicon", view_func=lambda: asset("favicon.ico"))
    return {name: f"/assets/{name}?v={fingerprint}" for name, fingerprint in prints.items()}


def read_assets(folder: Path) -> dict[str, bytes]:
    """Give the bytes of every file in the folder, by the name it is served under.

    A file's first word is its capability. Numbered files are joined, in the order of their numbers:

        cases-list-1-renew.js, cases-list-2-show.js              list.js
        report-form-1-screens.css, staff-form-2-pages.css        form.css
        shared-1-tokens.css, shared-2-base.css                   portal.css
    """
    files: dict[str, bytes] = {}
    for path in sorted(folder.iterdir(), key=_place_in_bundle):
        if path.suffix in MIMETYPES:
            name = _served_name(path)
            body = path.read_bytes()
            files[name] = files[name] + b"\n" + body if name in files else body
    return files


def _served_name(path: Path) -> str:
    numbered = _NUMBERED.fullmatch(path.stem)
    if numbered is None:
        return path.name
    return f"{numbered['bundle'] or 'portal'}{path.suffix}"


def _place_in_bundle(path: Path) -> tuple[str, str]:
    numbered = _NUMBERED.fullmatch(path.stem)
    return (numbered["place"] if numbered else "", path.name)


def minify_css(sheet: str) -> str:
    """A style sheet without its comments and the space around its marks, to stand in a page. What is quoted stays as it is."""

    def kept(found: re.Match[str]) -> str:
        return found["quoted"] or found["mark"] or found["colon"] or (" " if found["space"] else "")

    return _LAYOUT.sub(kept, sheet).replace(";}", "}").strip()


def minify_script(script: str) -> str:
    """A script without its comments (`/* … */`) and indentation, to stand in a page."""
    return "\n".join(
        line.strip() for line in re.sub(r"/\*.*?\*/", "", script, flags=re.DOTALL).splitlines()
    ).strip()


def cache_for_a_year(answer: Response, name: str) -> Response:
    """Mark an answer as unchanging under its address: browsers keep it, and so does our compression."""
    answer.headers["Cache-Control"] = A_YEAR
    g.unchanging = f"{name}?{request.args.get('v', '')}"
    return answer


def _asked_again(answer: Response, fingerprint: str) -> Response:
    answer.headers["Cache-Control"] = "no-cache"
    answer.set_etag(fingerprint)
    return answer.make_conditional(request)  # pyright: ignore[reportReturnType]
