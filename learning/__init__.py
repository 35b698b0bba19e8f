"""How decisions are made: planners, pure and without I/O. What they know is handed to them, and what they
choose is recorded by whoever asked."""
