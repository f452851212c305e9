"""The simulated Nova: its database, its services, what it does with a request.

Start with ``nova.py``.
"""
