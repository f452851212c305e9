"""A nova-compute that hangs on a host that lives: missed by Nova, restarted by Pacemaker.

``hung.py`` says whose nova-compute Nova misses, ``asked.py`` how NovaCompute's monitor is asked which
process that is and told to fail for this one, ``healer.py`` does it, a host at a time. Start with
``healer.py``.
"""
