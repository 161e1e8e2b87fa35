"""The benchmark: many clients in a process of their own against this server, or any that speaks the same lines."""
