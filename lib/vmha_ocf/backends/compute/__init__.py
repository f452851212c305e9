"""The compute host that this runs on: units, boots, guests, nova.conf. Start with ``probe.py``."""
