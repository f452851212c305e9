"""Several hosts are evacuated at once, and share destinations and requests.

Start with ``requesting.py``.
"""
