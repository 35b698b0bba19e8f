"""Everything Sojourn needs, on one machine: a Temporal dev server, the vendors' sandbox, a worker and the API."""
