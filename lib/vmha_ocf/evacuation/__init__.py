"""One host's instances are evacuated: what waits, what is asked for, when it is over.

``verdict.py`` judges one instance, ``plan.py`` all of a host, ``memory.py`` paces them; ``host.py`` is one
round of one host, over Nova's door. What several hosts share is in ``together/``.
"""
