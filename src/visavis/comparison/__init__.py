"""Templates, their comparison one to one, and the calibration that gives a score its meaning."""
