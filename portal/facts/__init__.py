"""The facts: one narrow row per public case in a columnar file per city, read by tiles, counts and dashboards.

They hold nothing that is not in the store and can be thrown away: `python -m portal facts rebuild CITY`.
"""
