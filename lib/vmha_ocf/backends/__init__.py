"""The real world, one module per outside thing; the only importers of third parties."""
