"""One module for each command of ``vmha``. Start with ``status.py``."""
