"""The visual inspection zone of passports and cards: what is printed for people, from recognised lines of text."""
