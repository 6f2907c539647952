"""Lists of what is frozen: all versions, and the links of the chain."""

from __future__ import annotations

from typing import Any

from portal.datasets.index import Index, Link, Place, Version
from portal.datasets.manifests import iso
from portal.domain.published_datasets import DATASETS


def list_versions(place: Place, index: Index, site_url: str) -> dict[str, Any]:
    """Every version of every dataset, newest first, and the newest link of the chain."""
    return {
        "datasets": [
            {
                "name": dataset.name,
                "title": dataset.title,
                "about": dataset.about,
                "versions": [
                    _describe_version(place, index, version, site_url)
                    for version in reversed(index.versions)
                    if version.dataset == dataset.name
                ],
            }
            for dataset in DATASETS.values()
        ],
        "chain": {
            "links": len(index.links),
            "newest": _describe_link(index.links[-1], site_url) if index.links else None,
            "url": f"{site_url}/data/chain.json",
        },
    }


def describe_chain(index: Index, site_url: str) -> dict[str, Any]:
    """The links of the chain, from the first; which of them are in force and which files there are.

    `kept`: whether the files that the manifest names can be had. Files that are `dropped` cannot.
    """
    in_force = {version.number: version for version in index.versions}
    links = []
    for link in index.links:
        version = in_force.get(link.number)
        described = _describe_link(link, site_url) | {"kept": False, "dropped": []}
        if version:
            described |= {"state": version.state, "kept": version.state == "served"}
            described |= {"dropped": list(version.dropped)}
        else:
            described["state"] = "superseded"
        links.append(described)
    return {"links": links}


def _describe_link(link: Link, site_url: str) -> dict[str, Any]:
    return {
        "number": link.number,
        "dataset": link.dataset,
        "version": link.version,
        "revision": link.revision,
        "made_at": iso(link.made_at),
        "sha256": link.sha256,
        "url": f"{site_url}/data/chain/{link.number}.json",
    }


def _describe_version(
    place: Place, index: Index, version: Version, site_url: str
) -> dict[str, Any]:
    link = index.link_of(version)
    base = f"{site_url}/data/{version.dataset}/{version.version}"
    files = [] if version.state != "served" else place.manifest(link)["files"]
    return {
        "version": version.version,
        "state": version.state,
        "revision": link.revision,
        "rows": link.rows,
        "bytes": link.bytes,
        "made_at": iso(link.made_at),
        "manifest": f"{base}/manifest.json",
        "manifest_sha256": link.sha256,
        "files": [
            file | {"url": f"{base}/{file['name']}"}
            for file in files
            if file["name"] not in version.dropped
        ],
    }
