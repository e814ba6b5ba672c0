"""What must be true of a stack between any two calls.  check(net) raises AssertionError with the
reason."""

import micropython

(
    CLOSED,
    SYN_SENT,
    SYN_RECEIVED,
    ESTABLISHED,
    FIN_WAIT_1,
    FIN_WAIT_2,
    CLOSE_WAIT,
    CLOSING,
    LAST_ACK,
) = 0, 2, 3, 4, 5, 6, 7, 8, 9

# Offsets are read from the generated block of the package: one table, no copy that could rot.


def offsets():
    import layout_words

    return layout_words


def check(net):
    w = offsets()
    for n, p in enumerate(net.tcp.pcbs):
        connection(w, n, p)
    i = net.iface
    assert 0 <= i.tx_len <= len(i.tx), "tx_len %d" % i.tx_len
    for k in range(len(i.neigh.waits_for)):
        owner = i.neigh.waits_for[k]
        assert owner == 255 or owner < i.neigh.n, (
            "a waiting packet belongs to neighbour %d" % owner
        )


def connection(w, n, p):
    r = p.r
    q = p.q
    who = "connection %d in state %d: " % (n, r[w.STATE])
    state = r[w.STATE]
    timers = (r[w.T_REXMT], r[w.T_DACK], r[w.T_KEEP])
    if state == CLOSED:
        assert p.listener is None, who + "in an accept queue"
        if q[w.Q_RTO]:  # it was used before
            assert timers == (-1, -1, -1), who + "timers run: %r" % (timers,)
        return
    una, nxt, top = 0, r[w.SND_NXT], r[w.SND_MAX]
    fin = 1 if r[w.FLAGS] & 2 else 0
    syn = 1 if state <= SYN_RECEIVED else 0
    assert una <= nxt <= top, who + "SND.UNA 0, SND.NXT %d, highest sent %d" % (nxt, top)
    assert top <= r[w.TX_LEN] + fin + syn, who + "sent %d of %d bytes" % (top, r[w.TX_LEN])
    assert 0 <= r[w.TX_LEN] <= len(p.tx), who + "send ring holds %d" % r[w.TX_LEN]
    assert 0 <= r[w.RX_LEN] <= len(p.rx), who + "receive ring holds %d" % r[w.RX_LEN]
    assert 0 <= r[w.TX_RD] < len(p.tx) and 0 <= r[w.RX_RD] < len(p.rx), who + "ring index"
    assert 0 <= r[w.RCV_WND] <= len(p.rx) - r[w.RX_LEN], who + "window %d, free %d" % (
        r[w.RCV_WND],
        len(p.rx) - r[w.RX_LEN],
    )
    blocks(r, w.BLOCK0, len(p.rx) - r[w.RX_LEN], who + "kept ")
    assert bool(r[w.FLAGS] & 1 << 10) == (blocks_in(r, w.BLOCK0) != []), who + "HOLES flag"
    blocks(r, w.SACK0, top, who + "held by the peer ")
    assert r[w.CWND] > 0 or state <= SYN_RECEIVED, who + "no congestion window"
    marked = r[w.FLAGS] & (1 << 16 | 1 << 17 | 1 << 18)
    assert 0 <= r[w.MARK] <= top, who + "mark %d of %d" % (r[w.MARK], top)
    assert not marked & 1 << 16 or not marked & 1 << 17, who + "two recoveries at once"
    assert 1000 <= q[w.Q_RTO] <= 60000, who + "RTO %d" % q[w.Q_RTO]
    if top and not r[w.FLAGS] & 256:
        assert r[w.T_REXMT] >= 0, who + "%d outstanding and no retransmission timer" % top
    for at in timers:
        assert at == -1 or 0 <= at < 1 << 30, who + "deadline %d" % at
    if r[w.T_REXMT] >= 0 and not r[w.FLAGS] & 8:
        assert top or syn, who + "retransmission timer with nothing outstanding"
    if p.sock is not None:
        assert p.sock.p is p, who + "its socket holds another connection"
        assert not r[w.FLAGS] & 4, who + "orphan with a socket"


def blocks_in(r, at):
    """[(start, end)] of a list of blocks, read byte by byte: the words may be big."""
    out = []
    for i in range(at, at + 3):
        b = [octet(r, 4 * i + k) for k in range(4)]
        n = b[2] | b[3] << 8
        if n:
            start = b[0] | b[1] << 8
            out.append((start, start + n))
    return out


def blocks(r, at, limit, who):
    end = 0
    for a, b in blocks_in(r, at):
        assert end < a < b <= limit, who + "%r" % blocks_in(r, at)
        end = b


@micropython.viper
def octet(r: ptr32, k: int) -> int:
    return (r[k >> 2] >> ((k & 3) << 3)) & 0xFF
