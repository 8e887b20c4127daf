"""The audit log: who did what and when, in rows that cannot be changed, removed or reordered unnoticed."""
