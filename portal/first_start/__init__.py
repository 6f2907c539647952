"""What visitors and the terminal see while the demo city is made for the first time."""
