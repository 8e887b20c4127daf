"""How the staff of a relying party sign in."""
