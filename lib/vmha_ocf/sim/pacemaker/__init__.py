"""Pacemaker's initiative, and our agents as its processes.

Start with ``resource_manager.py``.
"""
