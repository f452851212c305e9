"""A real Pacemaker cluster on one machine, in network namespaces, to break on purpose."""
