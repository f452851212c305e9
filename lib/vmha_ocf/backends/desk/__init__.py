"""The machine and the terminal of who types. Start with ``terminal.py``."""
