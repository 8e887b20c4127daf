"""The resident identity card of the PRC, front and back, from recognised lines of text."""
