"""What would start nova-compute past its gate, from what systemctl, podman and docker say. Pure.

Start with ``judge.py``.
"""
