"""A failure as people see it: its steps, its history, its status. It decides nothing.

Start with ``incident.py``.
"""
