"""Who calls: people by their session, services by their token, and what each may do at a door."""
