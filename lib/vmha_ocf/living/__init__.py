"""A host that lives: it boots and waits at its gate (``booting``), its guests may fail (``guests``) and are
restarted (``healing``), and so may its nova-compute (``processes``)."""
