"""Processes of a host that lives."""
