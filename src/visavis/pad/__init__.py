"""Attack detection: independent witnesses over the frames of one capture, each with evidence of its own."""
