"""The web console: what waits for a person, what runs do and why, what was sent.

Pages are rendered here from templates and read the store through `store/`; a decision goes through
`starter.approvals` like every other. No build step, no script from elsewhere, and no GET changes anything.
"""
