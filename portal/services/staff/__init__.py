"""What the city's staff decide, each with its line in the audit log."""
