"""What the API can be asked: every endpoint's address, parameters and answer.

Routes, OpenAPI and the page for developers are all made from ENDPOINTS.
"""

from __future__ import annotations

from portal.api.v1.parameters import (
    AFTER,
    DAYS,
    FIELDS,
    FILTERS,
    FORMAT,
    GROUP_BY,
    LIMIT,
    NUMBER,
    ORDER,
    SINCE,
    UNTIL,
)
from portal.domain.api_reference import Endpoint

PREFIX = "/api/v1"
JSON, GEOJSON = "application/json", "application/geo+json"


ENDPOINTS = (
    Endpoint(
        "list_cases",
        "/cases",
        "Cases",
        "The public cases that match every filter, page by page. Pages stay whole while cases"
        " come and go: follow `next` until it is null.",
        (*FILTERS, *ORDER, LIMIT, AFTER, FIELDS, FORMAT),
        {JSON: "CasePage", GEOJSON: "CaseFeatures"},
        "/cases?status=open&limit=10&fields=case_id,service,opened_at",
    ),
    Endpoint(
        "show_case",
        "/cases/{number}",
        "One case",
        "A public case with its photos, what the city wrote, and all that happened. A case that"
        " is not public is as unknown as one that never was.",
        (NUMBER, FORMAT),
        {JSON: "OneCase", GEOJSON: "OneCaseFeature"},
        "/cases/{number}",
    ),
    Endpoint(
        "list_case_revisions",
        "/cases/{number}/revisions",
        "What changed in one case",
        "Every change of a published field, oldest first.",
        (NUMBER,),
        {JSON: "CaseRevisions"},
        "/cases/{number}/revisions",
    ),
    Endpoint(
        "list_revisions",
        "/revisions",
        "What changed in all cases",
        "Every change of a published field of a public case, in the order in which we saw them."
        " Keep `after` and ask again later for what is new.",
        (SINCE, LIMIT, AFTER),
        {JSON: "RevisionPage"},
        "/revisions?since=2026-11-30&limit=10",
    ),
    Endpoint(
        "list_changes",
        "/changes",
        "What the city changed, by day",
        "How many cases were new, closed, reopened, re-dated, re-typed, moved, returned or"
        " withdrawn on each day, newest first. A case counts once a day for each of these.",
        (UNTIL, DAYS, *FILTERS),
        {JSON: "Changes"},
        "/changes?days=7",
    ),
    Endpoint(
        "count_cases",
        "/counts",
        "Counts",
        "How many cases there are in each group, most first. At most 10,000 groups.",
        (GROUP_BY, *FILTERS),
        {JSON: "Counts"},
        "/counts?group_by=neighborhood,status&start=2026-11-01",
    ),
    Endpoint(
        "list_services",
        "/services",
        "Types of case",
        "Every type that a public case has, by name.",
        (),
        {JSON: "Services"},
        "/services",
    ),
    Endpoint(
        "list_places",
        "/places",
        "Places",
        "The city's neighborhoods and council districts, with their open cases.",
        (),
        {JSON: "Places"},
        "/places",
    ),
    Endpoint(
        "list_datasets",
        "/datasets",
        "Frozen files",
        "Every dataset with its frozen versions and their files, and the newest link of the chain,"
        " as in /data/manifest.json.",
        (),
        {JSON: "Datasets"},
        "/datasets",
    ),
)
