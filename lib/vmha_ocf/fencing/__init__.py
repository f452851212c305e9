"""A host is switched off, its BMC says so, and that is recorded.

All that ``fence_compute`` decides: which device, which BMC, which names, in which order. Over the doors to
BMCs and flags. Start with
``fencer.py``.
"""
