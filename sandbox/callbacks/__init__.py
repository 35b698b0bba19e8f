"""How the vendors call back, signed as they sign. One file a vendor; a new file is a new vendor."""
