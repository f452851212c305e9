"""Scenarios from their files to their report. Start with ``run.py``."""
