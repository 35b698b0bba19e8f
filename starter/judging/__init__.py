"""Policies as people ask about them: what is in force, and what a change of them would have done."""
