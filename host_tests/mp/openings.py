"""The ladders that bring a connection into a state, so that no test repeats them.

Each takes `mss` and `win` of the peer, and as `offer` further options of its SYN, such as
`"wscale=2 sackok ts=0"`; whatever else is named becomes a limit of the stack (`rx_buffer=4096`)
or, when its name begins with tcp_, a setting. They end by counting time from 0.
Sequence numbers after `opened` and `connected`: both sides stand at 1.
"""


def _prepare(wire, win=8192, isn=None, configure=None, **limits):
    """Make the stack if limits are wanted, and set what the peer advertises."""
    settings = dict(configure or {})
    for name in list(limits):
        if name.startswith("tcp_"):
            settings[name] = limits.pop(name)
    if isn is not None:
        wire.isn = isn
    if limits or settings or wire.net is None:
        wire.build(settings, **limits)
    wire.peer_win = win


def listening(wire, port=80, backlog=None, **options):
    """`us` listens on `port`."""
    _prepare(wire, **options)
    wire.bring("0 us.listen %d %s" % (port, "" if backlog is None else backlog))
    wire.mark()


def syn_received(wire, mss=1460, offer="", **options):
    """Passive: the SYN came, the SYN+ACK went out at 0."""
    win = options.get("win", 8192)
    listening(wire, **options)
    wire.bring(
        """
        0  <== SYN      0  mss=%d win=%d %s
        0  ==> SYN ACK  0  ack=1
        0  us.state SYN_RECEIVED
    """
        % (mss, win, offer)
    )
    wire.mark()


def opened(wire, mss=1460, **options):
    """Passive, ESTABLISHED, accepted."""
    syn_received(wire, mss=mss, **options)
    wire.bring("""
        0  <== ACK  1  ack=1
        0  us.accept
        0  us.state ESTABLISHED
    """)
    wire.mark()


def syn_sent(wire, port=80, **options):
    """Active: the SYN went out at 0."""
    _prepare(wire, **options)
    wire.bring(
        """
        0  us.connect %d
        0  ==> SYN 0
        0  us.state SYN_SENT
    """
        % port
    )
    wire.mark()


def connected(wire, mss=1460, rtt=0, offer="", **options):
    """Active, ESTABLISHED; the SYN+ACK took `rtt` milliseconds."""
    win = options.get("win", 8192)
    syn_sent(wire, **options)
    wire.bring(
        """
        %d  <== SYN ACK  0  ack=1 mss=%d win=%d %s
        %d  ==> ACK      1  ack=1
        %d  us.state ESTABLISHED
    """
        % (rtt, mss, win, offer, rtt, rtt)
    )
    wire.mark()


def fin_wait_1(wire, shutdown=False, **options):
    """We closed (or shut down writing); our FIN, number 1, is not acknowledged."""
    opened(wire, **options)
    wire.bring(
        """
        0  us.%s
        0  ==> FIN ACK  1  ack=1
        0  us.state FIN_WAIT_1
    """
        % ("shutdown wr" if shutdown else "close")
    )
    wire.mark()


def fin_wait_2(wire, shutdown=False, **options):
    """Our FIN is acknowledged."""
    fin_wait_1(wire, shutdown, **options)
    wire.bring("""
        0  <== ACK  1  ack=2
        0  us.state FIN_WAIT_2
    """)
    wire.mark()


def closing(wire, **options):
    """Both FINs crossed; ours is not acknowledged."""
    fin_wait_1(wire, **options)
    wire.bring("""
        0  <== FIN ACK  1  ack=1
        0  ==> ACK      2  ack=2
        0  us.state CLOSING
    """)
    wire.mark()


def time_wait(wire, **options):
    """We closed first, everything is acknowledged; 2 MSL began at 0."""
    fin_wait_2(wire, **options)
    wire.bring("""
        0  <== FIN ACK  1  ack=2
        0  ==> ACK      2  ack=2
        0  us.state TIME_WAIT
    """)
    wire.mark()


def close_wait(wire, **options):
    """The peer closed; its FIN, number 1, is acknowledged."""
    opened(wire, **options)
    wire.bring("""
        0  <== FIN ACK  1  ack=1
        0  ==> ACK      1  ack=2
        0  us.state CLOSE_WAIT
    """)
    wire.mark()


def last_ack(wire, **options):
    """The peer closed, then we did; our FIN, number 1, is not acknowledged."""
    close_wait(wire, **options)
    wire.bring("""
        0  us.close
        0  ==> FIN ACK  1  ack=2
        0  us.state LAST_ACK
    """)
    wire.mark()
