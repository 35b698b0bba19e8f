"""The planners: one file each, found by its name. A planner chooses one of the options that are open.

A file with a function `plan` that takes a `Question` and gives a `Plan` is a planner; its name is the file's. A
class `Settings` says what a journey may set, and a function `learner` makes it one that learns. A function
`inquiry` has a language model asked first; what it says comes back as the question's `advice`.
"""
