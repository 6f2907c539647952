"""Open311 GeoReport v2 answers: bodies, service requests, services and their questions."""
