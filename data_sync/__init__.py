"""Between the work-order system and the portal, both ways."""
