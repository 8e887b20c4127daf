"""The kernel: words that every other part uses. Imports nothing but errors and the clock."""
