"""libvirt, and the QEMUs of this host. Start with ``connection.py``."""
