"""What Nova says, and which of its instances are ours.

Records of evacuations and what they mean, heartbeats, task states, marks; nothing is changed here. Start
with ``records.py`` and ``tagging.py``.
"""
