"""The audit log's keepers: the sealer that chains it, the head kept beside it, and the check of both."""
