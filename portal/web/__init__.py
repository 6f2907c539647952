"""Between the web server and the pages: requests are read whole before a page is asked."""
