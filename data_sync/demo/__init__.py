"""The demo city: invented cases with the shape of a real city's, kept inside the built-in desk."""
