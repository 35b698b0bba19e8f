"""What is known of a customer from their events, kept up to date by one small step an event.

One JSON document a customer. Everything here is pure: a document and an event give the next document, and a
document and a moment give what conditions see then. See docs/features.md.
"""
