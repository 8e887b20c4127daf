"""The store in memory: for tests, trials and `visavis.client`'s examples. It ends with its process."""

from visavis.adapters.memory.storage import MemoryStorage

__all__ = ["MemoryStorage"]
