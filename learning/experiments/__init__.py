"""Experiments: planned before the start, watched while they run, concluded once at the planned end.

Assignment is `journeys.assignment`. `arms.py` and `samples.py` hold what is counted, `planning.py` says how many
and how long, `ratio.py` whether the split is sound, `ending.py` who still counts, `look.py` by which method is
told what `watching.py` gives on the way and `comparing.py` at the end. `incrementality.py` says what an arm is
worth, `segments.py` for whom, `guards.py` at what price, `report.py` all of it, and `verdict.py` what it means.
`lift.py` is for holdouts that never end.
"""
