"""The networks of hosts that live: what agents of Pacemaker measure, and what it means.

The policy says which attribute of a node tells of which network, and which resource writes it. Start with
``networks.py``.
"""
