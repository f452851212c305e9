"""A host that lives and is not well is disabled in Nova for that, and enabled when it is over.

Other rooms say what is not well (``causes.py``). Start with ``disabler.py``.
"""
