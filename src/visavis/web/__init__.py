"""The service over HTTP and WebSocket: who asks, what they send, and how they are answered. The rules lie below it."""
