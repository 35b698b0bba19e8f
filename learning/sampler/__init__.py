"""What the linear Thompson sampler knows, and how it comes to its odds.

`statistics.py` is the state: sums, so that workers' updates merge exactly. `design.py` turns a customer and an
option into numbers, to which `responses.py` adds curves, `posterior.py` turns sums into beliefs, `propensity.py`
beliefs into exact probabilities, and `model.py` puts them together.
"""
