"""Measuring the portal: cases by the million, and a table of figures and their targets."""
