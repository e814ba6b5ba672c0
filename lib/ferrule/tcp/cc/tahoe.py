"""Tahoe (Jacobson, 1988): every loss, however it was noticed, starts again with one segment."""

from .newreno import grow, ssthresh  # noqa: F401

NAME = "tahoe"
RECOVERS = 0
