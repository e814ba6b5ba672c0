"""Congestion control: which algorithm has which number, and what an algorithm is.

An algorithm is a module with

    NAME                how tcp_congestion_control calls it
    RECOVERS            0: after a fast retransmit it starts slowly again; 1: it recovers until the
                        next ACK of new data; 2: until all that was out is acknowledged (RFC 6582)
    grow(t, p, k)       k bytes were acknowledged and the window was in use: grow CWND
    ssthresh(t, p, n)   something was lost with n bytes in flight: the new SSTHRESH, in bytes

All numbers are bytes.  Loss itself is found and repaired in tcp/recovery.py, the same for all.
"""

NAMES = ("tahoe", "reno", "newreno", "cubic")


def load(number):
    """The algorithm of a number of tcp_congestion_control; loaded when first used."""
    if number == 0:
        from . import tahoe as algorithm
    elif number == 1:
        from . import reno as algorithm
    elif number == 3:
        from . import cubic as algorithm
    else:
        from . import newreno as algorithm
    return algorithm
