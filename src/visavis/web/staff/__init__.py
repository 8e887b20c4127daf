"""How staff sign in, and the members of a relying party."""
