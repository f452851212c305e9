"""``vmha``, the operator's command: thin views over the same core and ports that the agents use."""
