"""The ladder harness: TCP options, timestamps, scaled windows, ECN, and what it must refuse."""

from fake import Fake, segment

from frames import ACK, CWR, ECE, PSH, RST, SYN, URG, stream
from optionlist import PEER_TS
from testing import errno_of, raises
from wire import PEER_ISN, Wire

MSS = b"\x02\x04\x05\xb4"
WSCALE = b"\x01\x03\x03\x02"
SACKOK = b"\x01\x01\x04\x02"
SYN_LINE = "0 <== SYN 0 mss=1460 wscale=1 sackok ts=0\n"
SYN_ACK_LINE = SYN_LINE + "0 ==> SYN ACK 0 ack=1\n"
OURS = 0xFFFFFFF0  # our first timestamp


def word(value):
    return (value & 0xFFFFFFFF).to_bytes(4, "big")


def ts(value, echo, first=OURS):
    """The timestamps option as bytes; both numbers count from their side's first."""
    return b"\x01\x01\x08\x0a" + word(first + value) + word(PEER_TS + echo)


def sack(*spans):
    blocks = b"".join(word(PEER_ISN + edge) for span in spans for edge in span)
    return b"\x01\x01\x05" + bytes((2 + len(blocks),)) + blocks


def syn_ack(options=None, flags=SYN | ACK, **more):
    options = MSS + WSCALE + SACKOK + ts(0, 0) if options is None else options
    return 0, segment(0, PEER_ISN + 1, flags, options=options, **more)


def later(at=5, options=None, flags=ACK, ack=1, n=0, seq=1, **more):
    data = stream(True, seq - 1, n)
    options = ts(5, 0) if options is None else options
    return at, segment(seq, PEER_ISN + ack, flags, options=options, data=data, **more)


def wire_with(*plan):
    wire = Wire()
    wire.build(factory=Fake)
    wire.net.plan = list(plan)
    wire.net.got = []
    return wire


def passes(text, *plan):
    wire = wire_with(*plan)
    wire.play(text)
    return wire


def refused(word, text, *plan):
    """The ladder must fail, and say `word`."""
    report = str(raises(AssertionError, wire_with(*plan).play, text).args[0])
    assert word in report.split("\n")[0], report
    assert report.count(">>") == 1, report


def options_of(wire, at=-1):
    raw = wire.net.got[at][1]
    return raw[54 : 34 + (raw[46] >> 4) * 4]


def test_the_options_of_a_syn_that_arrives():
    wire = passes("0 <== SYN 0 mss=1000 wscale=14 sackok ts=0")
    assert options_of(wire) == (
        b"\x02\x04\x03\xe8\x01\x03\x03\x0e\x01\x01\x04\x02\x01\x01\x08\x0a"
        + word(PEER_TS)
        + word(0)
    )
    assert options_of(passes("0 <== SYN 0")) == b""
    assert options_of(passes("0 <== SYN 0 sackok=- wscale=- ts=- mss=1460")) == MSS


def test_sack_blocks_that_arrive_count_from_our_first_number():
    wire = passes(SYN_ACK_LINE + "9 <== ACK 1 ack=1 sack=101:201,301:401 ts=-", syn_ack())
    blocks = b"".join(word(1000 + edge) for edge in (101, 201, 301, 401))
    assert options_of(wire) == b"\x01\x01\x05\x12" + blocks


def test_negotiated_timestamps_are_added_by_themselves():
    wire = passes(
        SYN_ACK_LINE
        + """
        5    ==> ACK 1
        900  <== ACK 1 ack=1
        901  <== ACK 1 ack=1 ts=-
        902  <== ACK 1 ack=1 ts=7
        903  <== ACK 1 ack=1 ts=7/3
        904  <== ACK 1 ack=1 ts=@1/@2
        905  <== RST 1
    """,
        syn_ack(),
        later(),
    )
    assert options_of(wire, -6) == b"\x01\x01\x08\x0a" + word(PEER_TS + 900) + word(OURS + 5)
    assert options_of(wire, -5) == b""
    assert options_of(wire, -4) == b"\x01\x01\x08\x0a" + word(PEER_TS + 7) + word(OURS + 5)
    assert options_of(wire, -3) == b"\x01\x01\x08\x0a" + word(PEER_TS + 7) + word(OURS + 3)
    assert options_of(wire, -2) == b"\x01\x01\x08\x0a" + word(1) + word(2)
    assert options_of(wire, -1) == b"\x01\x01\x08\x0a" + word(PEER_TS + 905) + word(0)


def test_timestamps_that_were_not_negotiated_are_not_added():
    wire = passes("0 <== SYN 0 ts=0\n0 ==> SYN ACK 0\n9 <== ACK 1 ack=1", syn_ack(MSS))
    assert options_of(wire) == b""


def test_the_peers_clock_goes_on_in_a_new_connection():
    wire = passes(SYN_LINE + "0 ==> SYN ACK 0\n50 <== SYN 0 isn=5000 ts", syn_ack())
    assert options_of(wire) == b"\x01\x01\x08\x0a" + word(PEER_TS + 50) + word(0)


def test_what_a_line_says_of_options_is_compared():
    for line, why in (
        ("mss=1460 wscale=2 sackok ts=0/0", ""),
        ("ts=0", ""),
        ("ts=/0", ""),
        ("ts", ""),
        ("ts=@%d" % OURS, ""),
        ("mss=1461", "mss=1460"),
        ("mss=-", "mss=1460"),
        ("wscale=1", "wscale=2"),
        ("wscale=-", "wscale=2"),
        ("sackok=-", "sackok"),
        ("ts=1/0", "ts=0/0"),
        ("ts=0/1", "ts=0/0"),
        ("ts=/1", "ts=0/0"),
        ("ts=-", "ts=0/0"),
    ):
        text = SYN_LINE + "0 ==> SYN ACK 0 ack=1 " + line
        if why:
            refused(why, text, syn_ack())
        else:
            passes(text, syn_ack())
    for line, why in (
        ("wscale=- sackok=- ts=-", ""),
        ("wscale=0", "wscale=-"),
        ("sackok", "no sackok"),
        ("ts", "no timestamp"),
        ("ts=0/0", "no timestamp"),
    ):
        text = SYN_LINE + "0 ==> SYN ACK 0 ack=1 " + line
        if why:
            refused(why, text, syn_ack(MSS))
        else:
            passes(text, syn_ack(MSS))


def test_sack_blocks_that_are_sent_are_compared():
    blocks = sack((201, 301), (401, 501))
    plan = (syn_ack(MSS + SACKOK), later(options=blocks))
    head = "0 <== SYN 0 sackok\n0 ==> SYN ACK 0\n"
    passes(head + "5 ==> ACK 1 ack=1 sack=201:301,401:501", *plan)
    passes(head + "5 ==> ACK 1 ack=1", *plan)
    refused("sack=201:301,401:501", head + "5 ==> ACK 1 sack=201:301", *plan)
    refused("sack=201:301,401:501", head + "5 ==> ACK 1 sack=401:501,201:301", *plan)
    refused("sack=201:301,401:501", head + "5 ==> ACK 1 sack=-", *plan)
    refused("sack=-", head + "5 ==> ACK 1 sack=201:301", plan[0], later(options=b""))


def test_what_was_not_negotiated_fails():
    head = "0 <== SYN 0 mss=1460\n0 ==> SYN ACK 0 ack=1"
    for options, word_ in (
        (WSCALE, "did not offer"),
        (SACKOK, "did not offer"),
        (ts(0, 0), "did not offer"),
    ):
        refused(word_, head, syn_ack(MSS + options))
    head = "0 <== SYN 0\n0 ==> SYN ACK 0\n5 ==> ACK 1"
    refused("not negotiated", head, syn_ack(MSS), later(options=sack((101, 201))))
    refused("not negotiated", head, syn_ack(MSS), later(options=ts(5, 0)))


def test_a_timestamp_that_is_missing_or_goes_back_fails():
    text = SYN_ACK_LINE + "5 ==> ACK 1"
    refused("which was negotiated", text, syn_ack(), later(options=b""))
    refused("went back", text, syn_ack(), later(options=ts(-1, 0)))
    passes(SYN_ACK_LINE + "5 ==> RST 1", syn_ack(), later(ack=-PEER_ISN, flags=RST, options=b""))


def test_option_lists_that_break_a_standard_fail():
    text = SYN_ACK_LINE + "5 ==> ACK 1"
    for options, word_ in (
        (WSCALE, "without SYN"),
        (SACKOK, "without SYN"),
        (b"\x01\x05\x07" + bytes(5), "5 bytes"),
        (ts(5, 0) + ts(5, 0), "twice"),
        (b"\x01\x01\x08\x06" + bytes(4), "4 bytes"),
        (ts(5, 0) + sack((101, 101)), "empty"),
        (ts(5, 0) + sack((201, 101)), "empty"),
    ):
        refused(word_, text, syn_ack(), later(options=options))
    blocks = ts(5, 0) + sack((301, 401), (51, 101))
    refused("is acknowledged", SYN_ACK_LINE + "5 ==> ACK 1", syn_ack(), later(5, blocks, ack=101))
    refused("window scale 15", SYN_LINE + "0 ==> SYN ACK 0", syn_ack(b"\x01\x03\x03\x0f"))
    blocks = sack((101, 201))
    refused("SACK option on a SYN", SYN_LINE + "0 ==> SYN ACK 0", syn_ack(SACKOK + blocks))


def test_a_d_sack_block_may_lie_below_the_ack():
    blocks = ts(5, 0) + sack((1, 51), (301, 401))
    passes(SYN_ACK_LINE + "5 ==> ACK 1 sack=1:51,301:401", syn_ack(), later(5, blocks, ack=101))


def test_the_right_edge_is_kept_in_scaled_windows():
    text = SYN_ACK_LINE + "5 ==> ACK 1 win=512\n6 ==> ACK 1 ack=%d win=511"
    plan = (syn_ack(win=2048), later(win=512))
    # By 4: 512 is 2048, and 511 keeps the edge after 4 bytes, and within its grain after 1.
    passes(text % 5, *plan, later(6, ts(6, 0), ack=5, win=511))
    passes(text % 2, *plan, later(6, ts(6, 0), ack=2, win=511))
    refused("moved left by 4", text % 1, *plan, later(6, ts(6, 0), ack=1, win=511))
    # The same numbers without scaling: the peer offered none.
    head = "0 <== SYN 0\n0 ==> SYN ACK 0\n5 ==> ACK 1\n6 ==> ACK 1"
    plan = (syn_ack(MSS, win=2048), later(options=b"", win=2048))
    refused("moved left by 4", head, *plan, later(6, b"", win=2044))


ECN_LINES = SYN_LINE.replace("SYN ", "SYN ECE CWR ", 1) + "0 ==> SYN ECE ACK 0 ack=1\n"


def ecn_syn_ack():
    return syn_ack(flags=SYN | ACK | ECE)


def test_ecn_bits_and_the_diffserv_field_are_compared():
    wire = passes("0 <== SYN ECE CWR 0\n1 <== ACK 1:2 ack=1 ecn=ce\n2 <== ACK 2 ack=1 tos=0x28")
    (_, syn), (_, data), (_, ack) = wire.net.got
    assert syn[47] == SYN | ECE | CWR
    assert (syn[15], data[15], ack[15]) == (0, 3, 0x28)
    text = ECN_LINES + "5 ==> ACK 1:11 "
    plan = ecn_syn_ack(), later(n=10, tos=0x2A)
    passes(text + "ecn=ect0 tos=0x2a", *plan)
    passes(text, *plan)
    refused("ecn=ect0", text + "ecn=ce", *plan)
    refused("ecn=ect0", text + "ecn=-", *plan)
    refused("tos=42", text + "tos=0x28", *plan)
    refused("other flags", text, ecn_syn_ack(), later(n=10, flags=ACK | CWR))


def test_ect_where_it_must_not_be_fails():
    refused("without text", SYN_LINE + "0 ==> SYN ACK 0", syn_ack(tos=2))
    refused("without text", ECN_LINES + "5 ==> ACK 1", ecn_syn_ack(), later(tos=1))
    text = ECN_LINES + "5 ==> ACK 1:11 ecn=ect0\n9 ==> CWR ACK 1:11"
    first = later(n=10, tos=2)
    refused("retransmission", text, ecn_syn_ack(), first, later(9, n=10, flags=ACK | CWR))
    text = text.replace("CWR ", "")
    refused("retransmission", text, ecn_syn_ack(), first, later(9, n=10, tos=2))
    passes(text, ecn_syn_ack(), first, later(9, n=10))


def test_ecn_that_was_not_negotiated_fails():
    for plan in (later(n=10, tos=2), later(flags=ACK | ECE), later(n=10, flags=ACK | CWR)):
        refused("not negotiated", SYN_ACK_LINE + "5 ==> ACK 1", syn_ack(), plan)


def test_df_and_the_urgent_pointer_are_compared():
    text = SYN_ACK_LINE + "5 ==> %s 1:11 %s"
    plan = syn_ack(), later(n=10, frag=0x4000)
    passes(text % ("ACK", "df=1"), *plan)
    passes(text % ("ACK", "df"), *plan)
    refused("df=1", text % ("ACK", "df=0"), *plan)
    refused("df=0", text % ("ACK", "df"), syn_ack(), later(n=10))
    plan = syn_ack(), later(n=10, flags=ACK | URG | PSH, urgent=4)
    passes(text % ("URG ACK", "urg=4"), *plan)
    refused("urg=4", text % ("URG ACK", "urg=5"), *plan)
    refused("other flags", text % ("ACK", ""), *plan)


def test_too_big_messages_quote_what_was_sent():
    wire = passes(
        SYN_ACK_LINE
        + """
        5  ==> ACK 1:11
        9  <== ICMP unreachable code=4 mtu=1006 qlen=1500 qseq=4
    """,
        syn_ack(),
        later(n=10, frag=0x4000),
    )
    message = wire.net.got[-1][1][34:]
    assert message[0:2] == b"\x03\x04" and message[4:8] == b"\x00\x00\x03\xee"
    assert message[10:12] == b"\x05\xdc" and message[32:36] == word(1004)


def test_a_recording_prints_options():
    wire = wire_with(syn_ack(), later(options=ts(5, 0) + sack((101, 201)), tos=0))
    report = str(raises(AssertionError, wire.record, SYN_LINE + "9 us.poll").args[0])
    rows = [" ".join(row.split()) for row in report.split("\n")]
    assert rows[2:4] == [
        "0 ==> SYN ACK 0 ack=1 win=2048 mss=1460 wscale=2 sackok ts=0/0",
        "5 ==> ACK 1 ack=1 win=2048 ts=5/0 sack=101:201",
    ], rows


class Sock:
    """A socket that only keeps what it is told."""

    def __init__(self):
        self.options = {}

    def setblocking(self, on):
        pass

    def setsockopt(self, level, option, value):
        self.options[level, option] = value

    def getsockopt(self, level, option):
        if option == 11:
            return {"cwnd": 2920}
        return self.options[level, option]


def test_options_and_settings_are_told_and_looked_at():
    wire = wire_with()
    sock = Sock()
    settings = {}
    wire.net.socket = lambda: sock

    def config(*names, **values):
        settings.update(values)
        return settings.get(names[0]) if names else None

    wire.net.config = config
    wire.play("""
        0 us.setsockopt USER_TIMEOUT 5000
        0 us.setsockopt CONGESTION reno
        0 us.setsockopt LINGER off
        0 us.getsockopt USER_TIMEOUT 5000
        0 us.getsockopt CONGESTION reno
        0 us.config tcp_x=3 tcp_y=cubic
        0 us.setting tcp_x=3 tcp_y=cubic
        0 us.info cwnd=2920
    """)
    assert sock.options == {(6, 18): 5000, (6, 13): "reno", (1, 13): bytes(8)}
    wire.play("0 us.setsockopt LINGER 5")
    assert sock.options[1, 13] == b"\x01\x00\x00\x00\x05\x00\x00\x00"
    sock.options[1, 4] = errno_of("ETIMEDOUT")
    wire.play("0 us.getsockopt ERROR ETIMEDOUT")
    for line in (
        "getsockopt USER_TIMEOUT 5001",
        "getsockopt CONGESTION cubic",
        "getsockopt ERROR ECONNRESET",
        "setting tcp_x=4",
        "setting tcp_y=reno",
        "info cwnd=2921",
    ):
        report = str(raises(AssertionError, wire.play, "0 us." + line).args[0])
        assert report.count(">>") == 1, report
