"""Data for journalists and developers: downloads and datasets."""
