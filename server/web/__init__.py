"""The web door: a page for browsers, server-sent events for whoever reads, and lines that are posted."""
