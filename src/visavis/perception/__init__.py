"""From a picture to a face: where it is, its landmarks, pose, eyes, quality, and an embedding."""
