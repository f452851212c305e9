"""The real world, a room for each outside thing; the only importers of third parties.

Each turns what its library raises into our errors, and its answers into our values. Nobody but programs
imports them. Start with ``openstack/nova.py``.
"""
