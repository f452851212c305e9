"""Whatever is killed at whatever point: what runs next goes on, and no promise is broken."""
