"""Performance: what the numbers say about how the city answers, and whom it hears."""
