"""Policies and the pure function that decides by them. Sees evidence, never pixels."""
