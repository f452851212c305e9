"""Who is told, and who asks: webhook, command, web, metrics. Start with ``outbox.py``."""
