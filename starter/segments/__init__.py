"""Segments: who enters and leaves them when something happens and when time passes, and how they are shown."""
