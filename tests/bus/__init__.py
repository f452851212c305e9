"""Events on a real RabbitMQ: ``make bus``."""
