"""Identity documents: what is on them, whether it agrees with itself, and whether the issuing state made it."""
