"""A report: checked, stored, sent to the city, and changed by its resident afterwards."""
