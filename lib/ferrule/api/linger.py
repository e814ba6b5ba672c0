"""close() that waits, for SO_LINGER with a time; loaded when first used."""

from micropython import const

from ..tcp import user

# --- layout: written by tools/layout.py ---
_STATE = const(2)
_RX_LEN = const(11)
# --- end of layout ---

_FIN_WAIT_1 = const(5)
_CLOSING = const(8)
_LAST_ACK = const(9)

_EAGAIN = const(11)


def wait(s, ms):
    """Send the FIN of socket s and wait at most ms until the peer has acknowledged it.  Returns 0
    or an errno: EAGAIN when the time is over, or what ended the connection.

    Text that arrives meanwhile ends the waiting: nobody will read it.
    """
    net = s.net
    p = s.p
    r = p.r
    if not r[_STATE] or r[_RX_LEN]:
        return 0
    user.shut(net.tcp, p)
    begin = net.ticks_ms()
    while True:
        left = net.poll()
        if r[_STATE] not in (_FIN_WAIT_1, _CLOSING, _LAST_ACK) or r[_RX_LEN]:
            return p.err
        rest = ms - (net.ticks_ms() - begin & 0x3FFFFFFF)
        if rest <= 0:
            return _EAGAIN
        if left:
            net.wait(left if left < rest else rest)
