"""The pages of the city's staff."""
