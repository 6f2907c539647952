"""Browsing: home, the list and its map, a case, areas, search."""
