"""An instance is moved off a host that lives: cold, to one that the scheduler chooses, and once.

What is begun is written down before it (``trace.py``), ``step.py`` says from Nova's word what comes next,
and ``mover.py`` asks for it.
"""
