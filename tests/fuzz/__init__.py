"""Whatever is read from outside gives a value or one of our own errors, and harms nobody."""
