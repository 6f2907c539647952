"""What a page looks like: pure functions of their arguments."""
