"""The outer world behind the ports: model runtimes, the model store, and its sources."""
