"""visavis: a person proves, face to face, that they are who their document says; nothing is kept."""

__version__ = "0.1.0"
