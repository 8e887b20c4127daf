"""Measurements of visavis itself, to the standards, with their bounds."""
