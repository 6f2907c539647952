"""Changes that programs make through the API, and that their owners make to their keys."""
