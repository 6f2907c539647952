"""Our own style sheets, scripts and icons.

Their addresses change with their content, so browsers may keep them for a year:

    /assets/list.js?v=3f2a9c81d0e4      kept for a year
    /assets/list.js                     asked for again each time
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cache, cached_property
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
COMPRESSIBLE = (".css", ".js", ".svg")
ONE_YEAR = "public, max-age=31536000, immutable"
_NUMBERED = re.compile(r"[a-z]+-(?:(?P<bundle>[a-z]+)-)?(?P<place>\d)-[\w-]+")
_CSS_PARTS = re.compile(
    r"""
    (?P<quoted>"[^"]*"|'[^']*')
    | /\*.*?\*/
    | \s*(?P<mark>[{};,])\s*
    | (?P<colon>:)\s+
    | (?P<space>\s+)
    """,
    re.DOTALL | re.VERBOSE,
)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


class Assets:
    """The files of a folder, by the name they are served under."""

    def __init__(self, bodies: Mapping[str, bytes]) -> None:
        self.bodies = bodies
        self._compressed = cache(self._compress)

    @cached_property
    def fingerprints(self) -> dict[str, str]:
        """12 hex digits of each file's SHA-256."""
        return {name: hashlib.sha256(body).hexdigest()[:12] for name, body in self.bodies.items()}

    def serve(self, name: str) -> Response:
        """A file. Raises NotFound for a name we do not have."""
        if name not in self.bodies:
            raise NotFound("There is no such file.")
        if request.args.get("v") != self.fingerprints[name]:
            return _revalidate(self._answer(name, self.bodies[name]), self.fingerprints[name])
        # With `in`, “br;q=0” would count as a yes.
        if Path(name).suffix in COMPRESSIBLE and request.accept_encodings.quality("br") > 0:
            answer = self._answer(name, self._compressed(name))
            answer.content_encoding = "br"
            answer.vary.add("Accept-Encoding")
        else:
            answer = self._answer(name, self.bodies[name])
        return cache_for_a_year(answer, name)

    def serve_icon(self) -> Response:
        """The icon at the one address that browsers ask for unbidden."""
        return self.serve("favicon.ico")

    def _answer(self, name: str, body: bytes) -> Response:
        return Response(body, mimetype=MIMETYPES[Path(name).suffix])

    def _compress(self, name: str) -> bytes:
        return brotli.compress(self.bodies[name], mode=brotli.MODE_TEXT)


def serve_assets(server: Flask, bodies: Mapping[str, bytes]) -> dict[str, str]:
    """Serve the files at /assets; returns each one's address, with its fingerprint, by name."""
    assets = Assets(bodies)
    server.add_url_rule("/assets/<name>", endpoint="asset", view_func=assets.serve)
    server.add_url_rule("/favicon.ico", endpoint="favicon", view_func=assets.serve_icon)
    return {name: f"/assets/{name}?v={digits}" for name, digits in assets.fingerprints.items()}


def read_assets(folder: Path) -> dict[str, bytes]:
    """The bytes of every file in the folder, by the name it is served under.

    A file's first word is its capability. Numbered files are joined by their numbers:

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
    """A style sheet without comments and spaces that mean nothing, for a page's `<style>`.

    Quoted text stays as it is.
    """
    return _CSS_PARTS.sub(_shorten_css_part, sheet).replace(";}", "}").strip()


def _shorten_css_part(part: re.Match[str]) -> str:
    return part["quoted"] or part["mark"] or part["colon"] or (" " if part["space"] else "")


def minify_script(script: str) -> str:
    """A script without `/* … */` comments and indentation, for a page's `<script>`."""
    lines = _COMMENT.sub("", script).splitlines()
    return "\n".join(line.strip() for line in lines).strip()


def cache_for_a_year(answer: Response, name: str) -> Response:
    """Mark an answer as unchanging: browsers keep it, and so does our compression."""
    answer.headers["Cache-Control"] = ONE_YEAR
    g.unchanging = f"{name}?{request.args.get('v', '')}"
    return answer


def _revalidate(answer: Response, fingerprint: str) -> Response:
    """Let browsers ask each time whether the file is still the same."""
    answer.headers["Cache-Control"] = "no-cache"
    answer.set_etag(fingerprint)
    return answer.make_conditional(request)  # pyright: ignore[reportReturnType]
