"""What was run with what: RECORD=1 writes it, docs/compatibility.rst shows it.

Start with ``runs.py``, what is kept; ``versions.py`` asks the lab, ``table.py`` draws the page's table.
"""
