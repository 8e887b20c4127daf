"""The store in memory: for tests and trials. It ends with its process."""

from visavis.adapters.memory.storage import MemoryStorage

__all__ = ["MemoryStorage"]
