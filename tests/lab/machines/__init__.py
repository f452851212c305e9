"""Compute hosts with a Debian of their own that systemd boots: ``HOSTS=systemd``.

Start with ``image.py``, what is on their disk; ``boot.py`` is how process 1 of a node becomes systemd.
"""
