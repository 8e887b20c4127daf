"""What goes over the wire, field by field. What is not described here is refused."""
