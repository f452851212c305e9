"""A host boots, or a whole site: nova-compute waits at its gate, guests that are off are told.

Start with ``gate.py`` and ``keeper.py``; then ``site_start.py`` and ``off_since.py``.
"""
