"""What must never happen: pure functions over facts, one file a policy.

A policy is a pydantic model whose fields are its settings in `policies.yaml` and whose `judge` gives a
verdict on an action. No clock, no random, no I/O: everything a policy may know is in `Facts`.
"""
