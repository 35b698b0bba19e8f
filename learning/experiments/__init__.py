"""Experiments: planned before the start, watched while they run, concluded once at the planned end.

Assignment is `journeys.assignment`. `samples.py` holds what is counted of an arm, `planning.py` says how many
and how long, `ratio.py` whether the split is sound, `watching.py` what may be said on the way, `comparing.py`
what is said at the end, `incrementality.py` what it is worth over the holdout, `segments.py` for whom,
`guards.py` at what price.
"""
