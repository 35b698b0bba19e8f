"""Journeys and runs for those who operate them: starts by call and by schedule, versions, moves."""
