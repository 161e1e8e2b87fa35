"""For whoever runs the server: what it logs, what it counts, and the trace of each line."""
