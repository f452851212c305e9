"""One module for each executable, which puts it together: the only users of backends.

``nova_evacuate``, ``nova_compute`` and ``fence_compute`` are the agents, ``vmha`` the command,
``nova_compute_gate`` the gate for systemd. Start with ``wiring.py``, which opens the doors.
"""
