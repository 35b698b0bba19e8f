"""What a run does, in order. Deterministic: no clock, no random, no environment, no I/O.

What touches the world is an activity, named here by a typed stub in `ports.py`.
"""
