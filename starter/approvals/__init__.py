"""Where people decide: one path for all doors, and its HTTP door."""
