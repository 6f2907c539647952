"""Telling residents what becomes of their reports."""
