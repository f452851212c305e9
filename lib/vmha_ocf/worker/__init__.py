"""NovaEvacuate's worker: round after round, over its doors.

``round.py`` is one round from its beginning to its end, ``rounds.py`` goes from one to the next;
``python3 -m vmha_ocf.worker`` runs it. Start with ``round.py``.
"""
