"""What the portal knows: cases, rules, questions and changes."""

__version__ = "0.1.0"
