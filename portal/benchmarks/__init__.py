"""Measuring the portal: cases by the million, and one table of figures against their targets."""
