"""Keeps programs that post by the thousand off the public pages, without a wall for people."""
