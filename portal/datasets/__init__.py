"""Datasets frozen by the day: their files, their manifests, and the chain that ties these.

freeze.freeze_day(portal, city, now)      files and manifests of a new version
retract.retract(portal, city, now)        take out what is no longer public
verify.verify_publication(place)          what a stranger can check
"""
