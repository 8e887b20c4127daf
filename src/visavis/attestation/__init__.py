"""Signed answers: SD-JWT VCs, the keys behind them, and the list that revokes them. Needs no service to verify."""
