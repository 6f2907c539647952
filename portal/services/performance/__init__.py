"""Performance: what is kept for its pages when something happens."""
