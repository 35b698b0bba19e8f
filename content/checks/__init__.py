"""What is looked at before a content is approved: one file a rule, named as `content check` names it.

Every rule is a function `check(subject)` that gives problems at their places. Nothing here renders or asks a
network; a content that knowingly breaks a rule names it under `accept`.
"""
