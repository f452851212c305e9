"""This process: clock, threads, log, commands, the worker's pulse. Start with ``command.py``."""
