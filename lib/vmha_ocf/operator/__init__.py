"""``vmha``, the operator's command: thin views over the same core and doors that the agents use.

It knows no backend. Start with ``main.py``; each command is in ``commands/``, what ``vmha check``
looks at in ``checks/``.
"""
