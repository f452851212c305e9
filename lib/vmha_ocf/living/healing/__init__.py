"""A guest that fails on a host that lives is restarted as the policy says, or told.

Start with ``judgement.py``, which decides about one of them; ``guests.py`` is what a round of the worker
calls.
"""
