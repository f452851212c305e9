"""Time, turns, faults and the journal: what the simulated world stands on.

Start with ``core.py``.
"""
