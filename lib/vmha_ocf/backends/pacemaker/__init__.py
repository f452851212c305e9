"""attrd, the CIB and Pacemaker's own tools. Start with ``cib.py``."""
