"""Urgent data (RFC 9293, 3.8.5; RFC 6093): sent with MSG_OOB, received in the stream, with a mark
behind the last urgent byte.  Loaded when first used.

New programs do without (SHLD-13): middleboxes clear the pointer, and other systems take the last
byte out of the stream.
"""

from micropython import const

# --- layout: written by tools/layout.py ---
_FLAGS = const(3)
_TX_LEN = const(13)
_Q_SND_UP = const(9)
_Q_RCV_UP = const(10)
# --- end of layout ---

_FIN_QUEUED = const(2)
_URG_OUT = const(1 << 20)
_URG_IN = const(1 << 21)

_TX = const(1)  # as socket.py has it


def mark(s, n):
    """What fits of the next n bytes that socket s sends is urgent: the pointer goes out with all
    that is sent from now on, and stands behind them.
    """
    p = s.connected()
    r = p.r
    if n and s.until(_TX) and not r[_FLAGS] & _FIN_QUEUED:
        end = r[_TX_LEN] + n
        if end > len(p.tx):
            end = len(p.tx)
        p.q[_Q_SND_UP] = end if end < 65536 else 65535  # a longer run is marked in pieces
        r[_FLAGS] |= _URG_OUT


def left(s):
    """Bytes that socket s has to read before it has read all urgent ones; 0: it has just done so;
    -1: the mark is behind it, or there is none.
    """
    p = s.connected()
    return p.q[_Q_RCV_UP] if p.r[_FLAGS] & _URG_IN else -1
