"""Questions about cases: one of them, lists, counts, places and search."""
