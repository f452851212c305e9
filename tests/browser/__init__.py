"""The page in a real browser: `make browser`, which installs it (packages.txt)."""
