"""What we publish as data: the rows of downloads, and datasets frozen by the day."""
