"""Rehearsals: a journey is played for one made-up customer, on the real parts and with time skipped.

`model` is the file that people write, `stage` the parts, `player` does what the file says, `story` tells what
came of it, `comparison` holds that against what was expected. Nothing of the user's own installation is touched.
"""
