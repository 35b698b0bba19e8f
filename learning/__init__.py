"""How decisions are made, learned from and judged: all the maths, pure and without I/O.

What it knows is handed to it, and what it finds is recorded by whoever asked. `planners/` choose, `sampler/` is
what the learning one knows, `rewards.py` and `values.py` say what a choice was worth, `experiments/`,
`evaluation/` and `guardrails/` say whether to believe it. No clock, no random, no files. numpy and scipy are
imported where they are needed, so that the command line stays light.
"""
