"""Guardrails for people: how they stand, and arming them again."""
