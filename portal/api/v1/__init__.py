"""The JSON API at /api/v1 (docs/api.md).

endpoints.py    what can be asked: addresses, parameters and answers, defined once
routes.py       the same as routes of Flask
openapi.py      the same as OpenAPI 3.1
"""
