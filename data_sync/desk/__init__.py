"""The built-in work-order desk: an Open311 GeoReport v2 server with a staff queue, on a database of its own.

It knows nothing of the portal: the portal reaches it as it reaches any city's system. A town without one can run it alone.
"""
