"""Who is off, by whose word, and since when: nothing is evacuated without it.

Proofs end: by a heartbeat, a boot, guests that run, a later fencing. Node and host are told apart here, and
hosts that were fenced without us are flagged. Start with ``judgement.py`` and ``proofs.py``.
"""
