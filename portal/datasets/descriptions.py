"""The newest frozen files, described for catalogues, for citing, and for programs that open them.

data_package(place, index, site)   Frictionless: /data/datapackage.json
open_data_catalog(…)               DCAT-US 1.1: /data/data.json
schema_org(…)                      schema.org Dataset, for search engines, in /data
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from portal.datasets.files import media_type
from portal.datasets.index import Index, Place, Version
from portal.datasets.manifests import iso
from portal.domain.published_datasets import DATASETS, Dataset
from portal.publication.about import LEFT_OUT, table_schema

PROJECT_OPEN_DATA = "https://project-open-data.cio.gov/v1.1/schema"
SNIPPETS = {
    "Python": 'import pandas as pd\n\n{name} = pd.read_parquet("{url}")\nprint(len({name}))\n',
    "DuckDB": "select count(*) from read_parquet('{url}');\n",
    "R": (
        'library(arrow)\n\ndownload.file("{url}", "{name}.parquet", mode = "wb")\n'
        '{name} <- read_parquet("{name}.parquet")\nnrow({name})\n'
    ),
}
"""By language; `url` is that of a Parquet file."""


@dataclass(frozen=True)
class Site:
    """Whose data it is, and where it is read: the city's name, the site's address, and an e-mail
    address for questions."""

    city: str
    url: str
    email: str


def snippets(name: str, url: str) -> dict[str, str]:
    """By language, a few lines that open a Parquet file of a dataset."""
    return {language: text.format(name=name, url=url) for language, text in SNIPPETS.items()}


def cite(site: Site, dataset: Dataset, version: str, manifest_sha256: str) -> str:
    """How to cite a version, so that a reader finds the same rows and can check them."""
    return (
        f"{site.city}: {dataset.title}, version {version}. Citizens Connect,"
        f" {site.url}/data/{dataset.name}/{version}/manifest.json"
        f" (SHA-256 {manifest_sha256})."
    )


def data_package(place: Place, index: Index, site: Site) -> dict[str, Any]:
    """The newest files as a Frictionless Data Package."""
    return {
        "profile": "data-package",
        "name": "citizens-connect",
        "title": f"{site.city}: cases and what became of them",
        "description": f"Left out: {LEFT_OUT}",
        "homepage": f"{site.url}/data",
        "resources": [
            _resource(place, index, dataset, version, site) for dataset, version in _newest(index)
        ],
    }


def open_data_catalog(place: Place, index: Index, site: Site) -> dict[str, Any]:
    """The newest files as a DCAT-US 1.1 catalog, as open data portals harvest it."""
    return {
        "@context": f"{PROJECT_OPEN_DATA}/catalog.jsonld",
        "@id": f"{site.url}/data/data.json",
        "@type": "dcat:Catalog",
        "conformsTo": PROJECT_OPEN_DATA,
        "describedBy": f"{PROJECT_OPEN_DATA}/catalog.json",
        "dataset": [
            _dcat_dataset(place, index, dataset, version, site)
            for dataset, version in _newest(index)
        ],
    }


def schema_org(place: Place, index: Index, site: Site) -> list[dict[str, Any]]:
    """The newest files as schema.org Datasets, for JSON-LD in a page."""
    return [
        {
            "@context": "https://schema.org",
            "@type": "Dataset",
            "name": f"{site.city}: {dataset.title}",
            "description": f"{dataset.about} Left out: {LEFT_OUT}",
            "url": f"{site.url}/data",
            "identifier": _address(site, version, "manifest.json"),
            "version": version.version,
            "dateModified": iso(index.link_of(version).made_at),
            "isAccessibleForFree": True,
            "creator": {"@type": "GovernmentOrganization", "name": site.city},
            "variableMeasured": list(dataset.column_names),
            "creditText": cite(site, dataset, version.version, index.link_of(version).sha256),
            "distribution": [
                {
                    "@type": "DataDownload",
                    "name": file["name"],
                    "encodingFormat": file["media_type"],
                    "contentUrl": _address(site, version, file["name"]),
                    "contentSize": f"{file['bytes']} B",
                    "sha256": file["sha256"],
                }
                for file in _whole_files(place, index, version)
            ],
        }
        for dataset, version in _newest(index)
    ]


def _newest(index: Index) -> Iterator[tuple[Dataset, Version]]:
    for dataset in DATASETS.values():
        if version := index.newest(dataset.name):
            yield dataset, version


def _whole_files(place: Place, index: Index, version: Version) -> list[dict[str, Any]]:
    """The files of all years together."""
    files = place.manifest(index.link_of(version))["files"]
    return [f for f in files if "year" not in f and f["name"] not in version.dropped]


def _address(site: Site, version: Version, name: str) -> str:
    return f"{site.url}/data/{version.dataset}/{version.version}/{name}"


def _resource(
    place: Place, index: Index, dataset: Dataset, version: Version, site: Site
) -> dict[str, Any]:
    files = {file["name"]: file for file in _whole_files(place, index, version)}
    packed = files[f"{dataset.name}.csv.gz"]
    return {
        "profile": "tabular-data-resource",
        "name": dataset.name.replace("_", "-"),
        "title": dataset.title,
        "description": dataset.about,
        "path": _address(site, version, packed["name"]),
        "format": "csv",
        "mediatype": media_type(packed["name"]),
        "compression": "gz",
        "encoding": "utf-8",
        "bytes": packed["bytes"],
        "hash": f"sha256:{packed['sha256']}",
        "schema": table_schema(dataset.columns),
    }


def _dcat_dataset(
    place: Place, index: Index, dataset: Dataset, version: Version, site: Site
) -> dict[str, Any]:
    return {
        "@type": "dcat:Dataset",
        "identifier": f"{site.url}/data/{dataset.name}",
        "title": f"{site.city}: {dataset.title}",
        "description": f"{dataset.about} Left out: {LEFT_OUT}",
        "keyword": ["311", "service requests", dataset.title.lower()],
        "modified": iso(index.link_of(version).made_at),
        "issued": version.version[:10],
        "accessLevel": "public",
        "accrualPeriodicity": "R/P1D",
        "landingPage": f"{site.url}/data",
        "describedBy": f"{site.url}/data/datapackage.json",
        "describedByType": "application/json",
        "publisher": {"@type": "org:Organization", "name": site.city},
        "contactPoint": {
            "@type": "vcard:Contact",
            "fn": site.city,
            "hasEmail": f"mailto:{site.email}",
        },
        "distribution": [
            {
                "@type": "dcat:Distribution",
                "title": file["name"],
                "downloadURL": _address(site, version, file["name"]),
                "mediaType": file["media_type"],
            }
            for file in _whole_files(place, index, version)
        ],
    }
