"""What planners choose, why, and what they learn from it."""
