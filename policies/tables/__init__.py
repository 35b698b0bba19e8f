"""Tables of law that policies go by, each with its source."""
