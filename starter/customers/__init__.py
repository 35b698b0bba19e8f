"""The doors to what is known of customers: shown, explained, exported, erased, and decoded for the Temporal UI."""
