"""Reading a city's data: HTTP, files, pages, columns and times."""
