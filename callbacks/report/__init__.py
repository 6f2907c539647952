"""The report form, its photos, reports kept on a phone, and one's own report."""
