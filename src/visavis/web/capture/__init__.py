"""The capture WebSocket, protocol v1: docs/reference/capture-protocol.md."""
