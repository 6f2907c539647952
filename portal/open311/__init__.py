"""Open311 GeoReport v2 as any server speaks it: the portal's own, and that of the built-in desk."""
