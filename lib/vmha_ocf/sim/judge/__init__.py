"""The promises, from what really happened. Start with ``invariants.py``."""
