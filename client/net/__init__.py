"""The way to the server: what goes over it and when. Only `connection.py` and `tls.py` know a socket; the rest is pure."""
