"""python -m portal publish-data CITY, and python -m portal verify --publication"""

from __future__ import annotations

import shutil
import sys
import time
from functools import partial
from pathlib import Path

import click

from portal.settings import settings_from_environment


@click.command("publish-data")
@click.argument("city")
@click.option("--rewrite", is_flag=True, help="Only write again what is withheld.")
def publish_data(city: str, rewrite: bool) -> None:
    """Freeze CITY's datasets as they are now. A second time on a day makes a version of its own."""
    if rewrite:
        _rewrite_all(city)
    else:
        _freeze(city)


def _freeze(city: str) -> None:
    from portal.context import Portal
    from portal.datasets.freeze import freeze
    from portal.datasets.index import place_of

    settings = settings_from_environment()
    portal = Portal(settings)
    started = time.monotonic()
    version = freeze(portal, _find_city(portal, city), int(time.time()))
    index = place_of(settings.data_dir, city).load()
    rows = {link.dataset: link.rows for link in index.links if link.version == version}
    counted = ", ".join(f"{rows[name]:,} {name}" for name in rows)
    click.echo(f"{city}: {version} is published: {counted}; {time.monotonic() - started:.1f} s")


def _rewrite_all(city: str) -> None:
    from portal.context import Portal
    from portal.datasets.retract import rewrite_next, withhold

    portal = Portal(settings_from_environment())
    found = _find_city(portal, city)
    withhold(portal, found)
    while name := rewrite_next(portal, found, int(time.time())):
        click.echo(f"{city}: {name} is written again and served")


def _find_city(portal, city: str):
    from portal import jurisdictions

    return portal.cities.get(city) or jurisdictions.load(city)


@click.command()
@click.option("--publication", is_flag=True, required=True, help="Check the frozen datasets.")
@click.option("--city", default="", help="The city, where the portal serves several.")
@click.option(
    "--from",
    "place",
    default="",
    help="A folder, or the address of a site such as https://311.example.gov; "
    "without it, what this portal has frozen.",
)
def verify(publication: bool, city: str, place: str) -> None:
    """Check every frozen file and the chain of manifests, from the first. Exit status 1 if not."""
    from portal.datasets.verify import find_faults

    reader = _find_reader(city, place)
    is_sound = True
    for sentence in find_faults(reader):
        click.echo(sentence)
        is_sound = False
    if not is_sound:
        sys.exit(1)
    links = reader.chain()
    newest = f"; the newest, {links[-1]['number']}, is {links[-1]['sha256']}" if links else ""
    click.echo(f"{len(links):,} manifests and all files they name are as published{newest}")


def _find_reader(city: str, place: str):
    from portal.datasets.index import place_of
    from portal.datasets.verify import FolderReader, SiteReader

    if place.startswith(("https://", "http://")):
        return SiteReader(partial(_fetch, place.rstrip("/")))
    if place:
        return FolderReader(Path(place))
    settings = settings_from_environment()
    return FolderReader(place_of(settings.data_dir, city or settings.city_ids[0]).folder)


def _fetch(site: str, path: str, to: Path) -> None:
    import urllib.error
    import urllib.request

    from portal.datasets.verify import Missing

    try:
        # The operator named the site, and it is http or https.
        answer = urllib.request.urlopen(site + path, timeout=60)  # noqa: S310
        with answer, to.open("wb") as file:
            shutil.copyfileobj(answer, file, 1 << 20)
    except OSError as problem:
        raise Missing(f"{path} cannot be had: {problem}") from problem
