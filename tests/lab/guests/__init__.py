"""Guests that really run: QEMU under a libvirtd of each host, each of them counting on its own disk.

``image.py`` makes what they boot, ``accelerator.py`` finds out whether KVM works, ``libvirtd.py`` is a
host's half, ``observer.py`` watches disks and processes, ``judge.py`` says what that proves.
"""
