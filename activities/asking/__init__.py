"""What only a person may allow: business actions, and the questions that are put to approvers."""
