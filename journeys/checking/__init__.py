"""The parts of the journey checker: what an expression says, what it means, and where a run can get to.

Pure and deterministic, like the language itself. `journeys/checker.py` puts them together.
"""
