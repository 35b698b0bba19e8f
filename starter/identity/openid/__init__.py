"""Signing in at an OpenID provider. Nothing here knows of pages, sessions or the store."""
