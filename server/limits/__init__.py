"""Limits: who may come in, how fast they may talk, and who has been silent for too long."""
