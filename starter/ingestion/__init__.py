"""Events in: every door for events, the shapes they read, and how events become durable in one transaction."""
