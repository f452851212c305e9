"""Nova, Keystone, Glance and Placement. Start with ``nova.py``."""
