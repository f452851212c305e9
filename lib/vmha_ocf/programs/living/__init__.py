"""The executables that look at what a living compute host runs. Start with ``nova_instances.py``."""
