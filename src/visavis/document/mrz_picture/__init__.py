"""The machine-readable zone, from pictures: found, decoded line by line, and accepted or not."""
