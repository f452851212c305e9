"""Deliberate mistakes of the product, each a port that does something in another way: see breaks.py."""
