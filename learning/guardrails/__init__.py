"""What is watched while journeys run: sudden harm, drift, exploration, fairness, calibration. Each file says
when to warn and when to act; a person re-arms."""
