"""Reno (RFC 2581): NewReno's window, but the first ACK of new data ends the recovery."""

from .newreno import grow, ssthresh  # noqa: F401

NAME = "reno"
RECOVERS = 1
