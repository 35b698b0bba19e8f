"""Experiments: planned and kept before the start, started, reported on, stopped with a conclusion."""
