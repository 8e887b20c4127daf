"""The machine-readable zone of ICAO 9303 parts 3 to 7: read from text, written, repaired once at most, voted on."""
