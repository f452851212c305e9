"""The lab's cloud: a real Nova, one process per service, and guests that are real processes."""
