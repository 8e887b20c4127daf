"""One file a migration, in the order of their numbers. A migration that was released never changes."""
