"""Rows in: one file per protocol or city."""
