"""Predictions about a customer, worked out the moment they are asked for from the features that are there anyway.

A score is a closed formula over a few stored numbers: no model runs in a decision. The parameters of the formulas
are fitted at night, and have documented values until then. See docs/scores.md.
"""
