"""What is true of a case, in plain functions and frozen dataclasses. Standard library only."""
