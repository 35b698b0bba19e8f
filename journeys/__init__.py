"""The journey language: what a marketer can say, as one pydantic model, and how it is read from YAML.

Here live the model, durations and times of day, conditions and interrupts: pure and deterministic.
Nothing here runs a journey, reaches a database or knows a provider.
"""
