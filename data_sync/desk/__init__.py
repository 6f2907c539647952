"""The built-in work-order desk: an Open311 GeoReport v2 server with a staff queue.

It has its own database and knows nothing about the portal, which talks to it as to any city's
system. A town without such a system can run it alone.
"""
