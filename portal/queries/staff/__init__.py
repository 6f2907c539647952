"""What the city's staff look at."""
