"""The use cases of the three executables, one module each."""
