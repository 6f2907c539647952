"""Photos: one pipeline for residents' and the city's, and the files that come out of it."""
