"""The doors that vendors come through: what they tell of our messages, proved to be theirs before it is read.

One file a vendor; a new file is a new vendor.
"""
