"""What the report form asks before a report is sent."""
