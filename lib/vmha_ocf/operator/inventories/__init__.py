"""Files of machines and their BMCs, as deployers have them: who is in them, and who is a compute
host.

What a file says becomes ``machine.Machine``; nothing of a file is passed over without a word.
Start with ``reading.py``.
"""
