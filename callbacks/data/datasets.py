"""Frozen datasets: their files, their manifests, and the catalogue of them.

/data/cases/2026-11-30/cases.parquet   the file, for good
/data/cases/latest/cases.parquet       → the newest
/data/manifest.json                    every version of every dataset
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from flask import Flask, Response, redirect, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from portal.context import Portal
from portal.datasets import retract
from portal.datasets.catalogue import describe_chain, list_versions
from portal.datasets.descriptions import Site, data_package, open_data_catalog
from portal.datasets.files import media_type
from portal.datasets.index import Index, Link, Place, Version, place_of
from portal.domain.published_datasets import DATASETS
from portal.errors import Conflict, Gone, NotFound, TakesTooLong
from portal.web.front import SENT_FILE

PIECE = 1 << 18
WITHHOLD_SECONDS = 2.0
"""How long a file waits for another process that is looking for what was hidden."""
FOR_EVER = "public, max-age=31536000, immutable"
ASKED_EACH_TIME = "public, no-cache"
"""A file may have to change: what is no longer public is taken out of it."""
JSON = "application/json"


def register(server: Flask, portal: Portal) -> None:
    """Add the routes."""

    def here() -> Place:
        return place_of(portal.settings.data_dir, portal.city(request.host).id)

    @server.get("/data/manifest.json")
    def show_versions() -> Response:
        place = here()
        index = place.load()
        return _send_json(list_versions(place, index, portal.settings.site_url), index)

    @server.get("/data/chain.json")
    def show_chain_links() -> Response:
        index = here().load()
        return _send_json(describe_chain(index, portal.settings.site_url), index)

    @server.get("/data/datapackage.json")
    def show_data_package() -> Response:
        return _describe(data_package)

    @server.get("/data/data.json")
    def show_catalog() -> Response:
        return _describe(open_data_catalog)

    def _describe(made: Callable[[Place, Index, Site], Any]) -> Response:
        city, place = portal.city(request.host), here()
        site = Site(city.name, portal.settings.site_url, portal.settings.sender)
        index = place.load()
        return _send_json(made(place, index, site), index)

    @server.get("/data/chain/<int:number>.json")
    def show_link(number: int) -> Response:
        place = here()
        links = place.load().links
        if not 0 < number <= len(links):
            raise NotFound("There is no such link in the chain.")
        return _send_manifest(place, links[number - 1], FOR_EVER)

    @server.get("/data/<dataset>/latest/<name>")
    def find_latest(dataset: str, name: str) -> Any:
        newest = here().load().newest(dataset)
        if newest is None:
            raise NotFound("There is no such dataset, or nothing of it is frozen yet.")
        answer = redirect(f"/data/{dataset}/{newest.version}/{name}", 307)
        answer.headers["Cache-Control"] = ASKED_EACH_TIME
        return _open_to_all(answer)

    @server.get("/data/<dataset>/<version>/<name>")
    def show_file(dataset: str, version: str, name: str) -> Response:
        _withhold_hidden(portal)
        place = here()
        index = place.load()
        found = index.find(dataset, version)
        if dataset not in DATASETS or found is None:
            raise NotFound("There is no such file. The list of all files: /data/manifest.json")
        if name == "manifest.json":
            return _send_manifest(place, index.link_of(found), ASKED_EACH_TIME)
        return _send_file(place, index, found, name)


def _withhold_hidden(portal: Portal) -> None:
    """What was hidden a moment ago is served no more, whether or not the worker runs.

    Raises TakesTooLong while another process is at it.
    """
    try:
        retract.withhold(portal, portal.city(request.host), WITHHOLD_SECONDS)
    except Conflict:
        raise TakesTooLong("These files are being written again. Try again in a minute.") from None


def _send_json(values: Any, index: Index) -> Response:
    answer = Response(orjson.dumps(values, option=orjson.OPT_INDENT_2), mimetype=JSON)
    answer.headers["Cache-Control"] = ASKED_EACH_TIME
    if index.links:
        answer.last_modified = datetime.fromtimestamp(index.links[-1].made_at, UTC)
    answer.add_etag()
    return _open_to_all(answer).make_conditional(request)  # pyright: ignore[reportReturnType]


def _send_manifest(place: Place, link: Link, cache_control: str) -> Response:
    answer = Response(place.manifest_bytes(link), mimetype=JSON)
    answer.headers["Cache-Control"] = cache_control
    answer.last_modified = datetime.fromtimestamp(link.made_at, UTC)
    answer.set_etag(link.sha256)
    return _open_to_all(answer).make_conditional(request)  # pyright: ignore[reportReturnType]


def _send_file(place: Place, index: Index, version: Version, name: str) -> Response:
    link = index.link_of(version)
    files = {file["name"]: file for file in place.manifest(link)["files"]}
    if name not in files:
        raise NotFound("There is no such file. The list of all files: /data/manifest.json")
    if version.state == "withheld":
        raise Gone(
            "Something in this file is no longer public. We are writing the file again without it."
            " Please try again later today."
        )
    if version.state == "expired" or name in version.dropped:
        raise Gone("We no longer keep this file. Its manifest says what was in it.")
    answer = Response(mimetype=media_type(name))
    answer.headers["Cache-Control"] = ASKED_EACH_TIME
    answer.last_modified = datetime.fromtimestamp(link.made_at, UTC)
    answer.set_etag(files[name]["sha256"])
    return _add_body(_open_to_all(answer), place.folder_of(version) / name, files[name]["bytes"])


def _add_body(answer: Response, path: Path, size: int) -> Response:
    """The whole file, the part that was asked for, or nothing where it is known already."""
    is_one_part = request.range is None or len(request.range.ranges) == 1
    try:
        answer.make_conditional(request, accept_ranges=is_one_part, complete_length=size)
    except RequestedRangeNotSatisfiable:
        answer.status_code = 416
        answer.headers["Content-Range"] = f"bytes */{size}"
        return answer
    answer.headers["Accept-Ranges"] = "bytes"
    if answer.status_code == 304:
        return answer
    part = answer.content_range
    start, stop = (part.start or 0, part.stop or size) if part.units else (0, size)
    answer.response = _read_part(path, start, stop)
    answer.content_length = stop - start
    if request.method == "GET":
        request.environ[SENT_FILE] = str(path), start, stop
    return answer


def _read_part(path: Path, start: int, stop: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while start < stop and (piece := file.read(min(PIECE, stop - start))):
            start += len(piece)
            yield piece


def _open_to_all(answer: Any) -> Any:
    """Let pages of other sites read it."""
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Access-Control-Expose-Headers"] = "ETag, Content-Range, Accept-Ranges"
    return answer
