"""The way to the server: what goes over it and when. Only `connection.py` knows a socket; the rest is pure."""
