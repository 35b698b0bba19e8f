"""The doors: HTTP, the console, the CLI, the Python client. They take events and decisions in and show what is.

A door never sends a message itself and never imports an activity; it talks to the store and to Temporal.
"""
