"""A capture over a WebSocket, as far as the recorder on one's own machine and the service have it in common."""
