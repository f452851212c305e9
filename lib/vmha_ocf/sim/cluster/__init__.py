"""The simulated hosts, their BMCs, attrd and the CIB. Start with ``hosts.py``."""
