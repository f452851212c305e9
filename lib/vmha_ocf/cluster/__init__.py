"""What Pacemaker keeps for us, and survives each process of ours.

Flags in their two records, a person's hold, failures that make a storm, notes about nodes; and what people
have configured. Over the doors to attrd and CIB. Start with ``flag_texts.py`` and ``flag_store.py``.
"""
