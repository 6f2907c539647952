"""Keeping programs that write by the thousand off the public pages, without a wall in front of people."""
