"""What touches the world: the store, the providers. Each activity implements a stub of `workflows/ports.py`."""
