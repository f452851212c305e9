"""Instances leave a host that lives and has lost a network: live, one after the other.

What was asked for, and what has come of it, is in Nova's own records. Start with ``leaver.py``.
"""
