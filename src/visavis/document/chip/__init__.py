"""The chip of a travel document: its files, and whether the issuing state signed them (ICAO 9303 parts 10 to 12)."""
