"""The screens of the report form, and one's own report."""
