"""What would be otherwise: the policies in force, what others would have done, what another planner would have
brought."""
