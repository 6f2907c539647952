"""What has been answered before, kept for the next visitor who asks the same.

Two kinds of answers, and one bound (`PORTAL_CACHE_MB`) on the memory they take in a process:

    answer_store   any Python object, in this process alone: rows, frames, whole HTTP answers
    shared         bytes that any process may use: pages, tiles, outlines, compressed bodies

Shared answers go through Flask-Caching to `local` (the same memory) or, with `PORTAL_CACHE_URL`,
to `redis_cache`, which all machines can share. Nothing is ever pickled. See ADR 13.
"""
