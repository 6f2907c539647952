"""Reads: (facts or connection, filter) to a DataFrame or a dataclass."""
