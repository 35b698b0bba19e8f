"""Plays the vendors on this machine, strictly: refuses what they refuse, answers as they answer.

It stands outside: it knows the vendors' published interfaces and nothing of Sojourn.
"""
