"""A refusal for programs, as RFC 9457 has it: application/problem+json.

describe_problem(404, "We have no public case “1”.", "/api/v1/cases/1")
→  {"type": "/developers#problem-404", "title": "Not Found", "status": 404, "detail": …,
    "instance": "/api/v1/cases/1"}
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

API = "/api"
MEDIA_TYPE = "application/problem+json"


def is_for_programs(path: str) -> bool:
    """Whether whatever is answered at a path is JSON, refusals too."""
    return path == API or path.startswith(f"{API}/")


def describe_problem(
    status: int, detail: str, path: str, parameter: str = "", request: str = ""
) -> dict[str, Any]:
    """The members of the problem.

    `parameter` is the name of the one at fault; `request` the id of a request that failed here,
    which an operator finds in the log.
    """
    problem = {
        "type": f"/developers#problem-{status}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": path,
    }
    more = {"parameter": parameter, "request": request}
    return problem | {name: value for name, value in more.items() if value}
