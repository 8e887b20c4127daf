"""The page of a document in a photograph: where it is, how it looks flat, what a person can do for a better one."""
