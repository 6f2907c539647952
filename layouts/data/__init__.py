"""Pages for journalists and developers: what data there is, and what its columns mean."""
