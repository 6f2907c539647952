"""One sync of a city: read, check, store, publish."""
