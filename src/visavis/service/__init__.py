"""What visavis does for someone: the examination of a document and a probe."""
