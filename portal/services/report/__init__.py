"""A report: checked, stored, sent to the city, and in its resident's hands afterwards."""
