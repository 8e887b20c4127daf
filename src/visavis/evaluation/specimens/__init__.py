"""Specimens of documents, drawn and photographed by seed: material to measure the reading of documents with."""
