"""Optical character recognition: where lines of text are in a picture, what each says, and how sure each character is.

The networks are PP-OCRv6 (docs/reference/models.md); what is around them is written here.
"""
