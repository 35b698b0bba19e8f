"""The catalogue as a shop's feed tells it: taken in, compared with what was known, and told of."""
