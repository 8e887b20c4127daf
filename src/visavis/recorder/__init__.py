"""The page that records a consented, prompted capture of a living person, on this machine alone."""
