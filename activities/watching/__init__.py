"""The watch over guardrails: what is looked at, and what is done when one trips. The judging itself is in
learning/guardrails/."""
