"""Reading a city's data: HTTP, files, pages, columns and times; and Open311 answers in a folder."""
