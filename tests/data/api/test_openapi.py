"""The OpenAPI document says what the API does: schemathesis asks everything that it allows.

Its pytest plugin stays off (pyproject.toml); its checks are called here.
"""

from __future__ import annotations

from dataclasses import fields

import pytest
import schemathesis
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks

from portal.api.v1.endpoints import ENDPOINTS
from portal.api.v1.parameters import FILTERS
from portal.domain.filters import CaseFilter
from portal.domain.published_columns import CASE_COLUMN_NAMES
from tests.data.api.conftest import API

BASE = f"http://127.0.0.1:8050{API}"
PLAIN = {"Accept-Encoding": "identity"}
EXAMPLES = 12
CHECKS = (
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
)


def ask_everything(document: dict, app) -> None:
    """Ask each operation of a document what schemathesis thinks up. Raises for the first fault."""
    load_all_checks()
    schema = schemathesis.openapi.from_dict(document)
    schema.app = app
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
        )
        @given(case=found.ok().as_strategy())
        def ask(case) -> None:
            case.call_and_validate(base_url=BASE, checks=CHECKS, headers=PLAIN)

        ask()


@pytest.fixture
def document(read) -> dict:
    return read("/openapi.json")


def test_every_answer_is_as_the_document_says(client, cases, document):
    ask_everything(document, client.application)


def test_a_document_that_is_wrong_is_found_out(client, cases, document):
    """The known-bad sample: the checks see an answer that is not as promised."""
    document["components"]["schemas"]["Services"]["properties"]["services"] = {"type": "string"}
    with pytest.raises(BaseExceptionGroup):
        ask_everything(document, client.application)


def test_the_document_names_every_filter_field_and_endpoint(document):
    assert {one.name for one in FILTERS} == {field.name for field in fields(CaseFilter)}
    assert set(document["components"]["schemas"]["Case"]["properties"]) == set(CASE_COLUMN_NAMES)
    assert set(document["paths"]) == {endpoint.path for endpoint in ENDPOINTS}
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_example_of_the_document_is_answered(ask, cases):
    for endpoint in ENDPOINTS:
        assert ask(endpoint.example.replace("{number}", "101")).status_code == 200
