"""The approved content library: templates a person wrote, found by name and channel, and their rendering.

Content is chosen, never generated on the way out. Nothing here sends or decides.
"""
