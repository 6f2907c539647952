"""Our own style sheet, scripts and icons, under addresses that change with their content and may be kept for a year."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Flask, Response, g, request

from portal.errors import NotFound

MIMETYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".ico": "image/x-icon", ".png": "image/png"}
A_YEAR = "public, max-age=31536000, immutable"


def serve_assets(server: Flask, folder: Path) -> dict[str, str]:
    """Serve the folder at /assets; gives name → address with its fingerprint. The numbered style sheets are one file, portal.css."""
    bodies = read_assets(folder)
    prints = {name: hashlib.sha256(body).hexdigest()[:12] for name, body in bodies.items()}

    def asset(name: str) -> Response:
        if name not in bodies:
            raise NotFound("There is no such file.")
        answer = Response(bodies[name], mimetype=MIMETYPES[Path(name).suffix])
        return kept_for_a_year(answer, name) if request.args.get("v") == prints[name] else _asked_again(answer, prints[name])

    server.add_url_rule("/assets/<name>", endpoint="asset", view_func=asset)
    server.add_url_rule("/favicon.ico", endpoint="favicon", view_func=lambda: asset("favicon.ico"))
    return {name: f"/assets/{name}?v={fingerprint}" for name, fingerprint in prints.items()}


def read_assets(folder: Path) -> dict[str, bytes]:
    """Every file of the folder by name, the numbered style sheets joined in their order."""
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix in MIMETYPES}
    sheets = [name for name in files if name.endswith(".css")]
    files["portal.css"] = b"\n".join(files.pop(name) for name in sheets)
    return files


def kept_for_a_year(answer: Response, name: str) -> Response:
    """Mark an answer as unchanging under its address: browsers keep it, and so does our compression."""
    answer.headers["Cache-Control"] = A_YEAR
    g.unchanging = f"{name}?{request.args.get('v', '')}"
    return answer


def _asked_again(answer: Response, fingerprint: str) -> Response:
    answer.headers["Cache-Control"] = "no-cache"
    answer.set_etag(fingerprint)
    return answer.make_conditional(request)  # pyright: ignore[reportReturnType]
