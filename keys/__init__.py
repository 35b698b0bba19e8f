"""The keys of an installation and of its customers, and the codec that seals with them what Temporal is given."""
