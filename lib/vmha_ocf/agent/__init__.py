"""What an agent is made of, and what all rooms share.

OCF's actions and parameters, the settings that an operator sets, words, and questions that are asked at
the same time. It touches nothing, and a monitor imports it, so it costs nothing. Start with ``ocf.py``;
what can be decided is in ``settings.py``.
"""
