"""BMCs: IPMI by pyghmi, the inventory's file, the fence-agents library. Start with ``ipmi.py``."""
