"""What the report form asks before a report is sent, and what is said of it afterwards."""
