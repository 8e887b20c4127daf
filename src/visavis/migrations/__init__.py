"""The migrations of the store's schema, for Alembic; they ship with the package."""
