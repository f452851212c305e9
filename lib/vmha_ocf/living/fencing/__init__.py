"""A host that lives is fenced, as the policy says, where nobody on it is lost by that.

It is disabled in Nova first; what comes after the power-off is what comes after any other one. Start with
``fencer.py``.
"""
