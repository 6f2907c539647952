"""Storing what the city's systems say."""
