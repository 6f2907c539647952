"""Without the real files their tests are skipped; under CI=true they fail (tests/conftest.py)."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here reads them."""
    for item in items:
        if "realdata" in item.path.parts:
            item.add_marker(pytest.mark.realdata)
