"""The doors that customers themselves come through: the shop's own surfaces, and the links in messages."""
