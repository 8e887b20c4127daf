"""The store on SQLite or PostgreSQL, one schema for both; imported only where a store is opened."""

from visavis.adapters.sql.storage import SqlStorage, open_storage

__all__ = ["SqlStorage", "open_storage"]
