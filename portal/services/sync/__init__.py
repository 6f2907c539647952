"""Storing what a city's systems say about its cases."""
