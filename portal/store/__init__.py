"""The database: engines, tables, the public views, search, leases and bulk loads."""
