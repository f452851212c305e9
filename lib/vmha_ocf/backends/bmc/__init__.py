"""BMCs: IPMI by pyghmi, Redfish by sushy, the inventory file, the fence-agents library.

Start with ``ipmi.py``."""
