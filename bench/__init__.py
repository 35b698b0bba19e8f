"""What Sojourn costs, measured beside the barest thing one would write by hand.

Nothing in the product imports this package.
"""
