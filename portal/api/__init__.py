"""Flask routes that answer with data, not pages: tiles, areas, versions, health."""
