"""Between the work-order systems and the portal, in both directions."""
