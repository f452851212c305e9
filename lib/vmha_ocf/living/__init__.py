"""A host that lives: it boots and waits at its gate (``booting``), and its guests may fail (``guests``)."""
