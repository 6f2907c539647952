"""The facts: one narrow row per public case, in a columnar file per city, for maps and numbers.

All they contain is in the store too, so they can be thrown away: `python -m portal facts rebuild
CITY` makes them again.
"""
