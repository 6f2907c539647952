"""The commands of `python -m portal`, one module a command."""
