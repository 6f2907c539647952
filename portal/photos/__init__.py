"""Photos: one pipeline for all of them, residents' and the city's, and the files that come out of it."""
