"""The chat server: a thread per connection, after a Go program of goroutines and channels."""

__version__ = "1.2.0"
