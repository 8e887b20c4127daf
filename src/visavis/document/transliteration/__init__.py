"""National letters to A to Z, as ICAO 9303-3, section 6 has them: the recommended way, and every other one in use."""
