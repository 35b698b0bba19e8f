"""Off-policy evaluation: what another planner would have brought, estimated from the log of the one that acted.

`log.py` is what is needed of the log, `estimators.py` the estimators, `predictions.py` the model of the reward
that some of them lean on, `weights.py` and `intervals.py` say how much to trust them, and `promotion.py`
decides.
"""
