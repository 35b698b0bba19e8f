"""What a project says in `sojourn.yaml`: whose journeys these are, and who may do what. Where they run is in
settings.py."""
