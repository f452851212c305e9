"""Which guests of a living compute host are down or stuck: seen there, told to the controllers.

On the compute host ``watcher.py`` looks; ``down.py`` says what is down or stuck, ``contact.py`` what does
not answer. ``report.py`` is how a controller reads it, and ``inquiry.py`` how it asks whether an instance
runs there. Nothing here decides anything.
"""
