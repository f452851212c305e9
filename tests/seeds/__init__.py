"""Random clusters and what happens to them, each from a number."""
