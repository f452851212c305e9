"""The policy file: who is left alone, and what is done about failures of hosts that live.

Without the file nothing of this is on. ``read.py`` understands a text as a whole or names all of its
faults, ``values.py`` is what it says, ``obeyed.py`` what of it this version does. Start with ``read.py``.
"""
