"""What changed for better or worse: found by the worker, once for each version of the data."""
