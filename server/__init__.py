"""The chat server: a thread per connection, after a Go program of goroutines and channels."""
