"""The drawn pictures of the documentation, made from text: ``python3 -m tests.pictures``."""
