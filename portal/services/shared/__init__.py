"""Changes that several capabilities make."""
