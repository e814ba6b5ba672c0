"""The record layouts of ferrule: one table per record, one sentence per field.

Viper code folds an offset only when it is an underscore ``const`` of its own file, so every file
that touches a record carries a block of constants.  The blocks are written by this program from
the tables below, and hold just the names that the file uses:

    python -m tools.layout            rewrite the blocks in lib/ferrule
    python -m tools.layout --check    exit 1 and name the file when a block is out of date
    python -m tools.layout --print    the tables for a reader

All fields are 32-bit words of an ``array('i')``, but for tcq, the halves of an ``array('H')``.
*absolute* fields hold full 32-bit protocol numbers or addresses: only viper code may read them,
because as Python integers they would be heap objects on a 32-bit board.  Addresses and ports stand
in the order of the wire (first byte lowest), because they are only compared and masked; sequence
numbers stand as numbers.  Every other field is a small integer that plain bytecode may read and
write.
"""

import argparse
import pathlib
import re
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIB = ROOT / "lib" / "ferrule"
BEGIN = "# --- layout: written by tools/layout.py ---"
END = "# --- end of layout ---"

# name -> (prefix of the constants, what the record is, fields)
RECORDS = {
    "host": ("_H_", "the host: clock, addresses, secrets; one per stack", [
        ("NOW", "milliseconds, wraps at 2**30 as time.ticks_ms does"),
        ("DUE", "when the earliest timer of all ends (same clock)"),
        ("ISN_CLOCK", "absolute: 4-microsecond clock of RFC 6528, fed by elapsed time"),
        ("IP", "absolute: our address"),
        ("MASK", "absolute: our network mask"),
        ("GW", "absolute: the gateway's address, 0 when there is none"),
        ("BCAST", "absolute: our network's broadcast address, 0 when it has none"),
        ("HOP", "absolute: next hop of the packet in hand (with MAC0, as a neighbour begins)"),
        ("MAC0", "absolute: first four bytes of our hardware address"),
        ("MAC1", "last two bytes of our hardware address"),
        ("KEY0", "absolute: secret of the keyed hash, first half"),
        ("KEY1", "absolute: secret of the keyed hash, second half"),
        ("IP_ID", "next IPv4 identification, 16 bits"),
        ("TTL", "time to live of what we send"),
        ("TOKENS", "ICMP errors and challenge ACKs that may still be sent this second"),
        ("TOKENS_AT", "when the tokens are filled up again"),
        ("TS_CLOCK", "absolute: milliseconds that do not wrap before 2**32 (RFC 7323, 5.4)"),
        ("TS_KEY", "absolute: secret that sets each pair's timestamps apart (RFC 7323, 7.1)"),
    ]),
    "seg": ("_S_", "scratch: what the leaves found in the frame in hand", [
        ("SRC", "absolute: IP source address (same word as the tables' first)"),
        ("PORTS", "absolute: their port and ours, as on the wire (the tables' second word)"),
        ("SEQ", "absolute: SEG.SEQ"),
        ("ACK", "absolute: SEG.ACK"),
        ("L4", "offset of the transport header in the frame"),
        ("L4_LEN", "bytes from the transport header to the end of the IP packet"),
        ("BCAST", "1 when the IP destination is a broadcast address"),
        ("PROTO", "IP protocol number"),
        ("FLAGS", "TCP flags: FIN 1 SYN 2 RST 4 PSH 8 ACK 16 URG 32 ECE 64 CWR 128"),
        ("DATA", "offset of the text in the frame"),
        ("LEN", "bytes of text"),
        ("WND", "SEG.WND"),
        ("MSS", "MSS option, 0 when absent"),
        ("LPORT", "destination port: ours"),
        ("REL", "SEG.SEQ - RCV.NXT of the matched connection, clamped to +-2**29"),
        ("ACKED", "SEG.ACK - SND.UNA of the matched connection, clamped to +-2**29"),
        ("OPTS", "options found: timestamps 1, SACK permitted 2, window scale 4 | shift << 8"),
        ("TSVAL", "absolute: TSval"),
        ("TSECR", "absolute: TSecr"),
        ("SACKS", "SACK blocks: offset of the first in the frame << 3 | how many; 0: none"),
        ("UP", "urgent pointer, 0 without URG"),
        ("CE", "1 when a router marked the packet as having met congestion (RFC 3168)"),
        ("TELL", "what the ACK of this segment reports first: 1 the block it went to, 2 a D-SACK"),
        ("TWICE", "bytes from SEG.SEQ on that came twice"),
    ]),
    "out": ("_O_", "scratch: the segment about to be built", [
        ("DST", "absolute: IP destination"),
        ("PORTS", "absolute: their port and ours, as on the wire"),
        ("SEQ", "absolute: SEG.SEQ"),
        ("ACK", "absolute: SEG.ACK"),
        ("FLAGS", "TCP flags"),
        ("WND", "window to advertise, 0..65535"),
        ("LEN", "bytes of text, already in the frame behind the header"),
        ("OPT_LEN", "bytes of options, already in the frame at 54"),
        ("UP", "urgent pointer, 0: none"),
        ("ECT", "Diffserv field and ECN bits of IP (RFC 3168) | 0x4000: without DF"),
    ]),
    "tcb": ("_", "one connection (RFC 9293, 3.3.1): its words", [
        ("R_IP", "absolute: remote address"),
        ("PORTS", "absolute: their port and ours, as on the wire; 0: not in use there"),
        ("STATE", "one of the eleven states"),
        ("FLAGS", "what is pending and what was asked for, see tcp/pcb.py"),
        ("SND_UNA", "absolute: oldest unacknowledged number; the left edge of everything below"),
        ("RCV_NXT", "absolute: next number expected; the left edge of the receive side"),
        ("SND_NXT", "SND.NXT - SND.UNA"),
        ("SND_MAX", "highest number ever sent + 1, - SND.UNA; above SND_NXT after a timeout"),
        ("SND_WND", "SND.WND; in CLOSED: bytes written that were not acknowledged"),
        ("RCV_WND", "advertised right edge - RCV.NXT"),
        ("RX_RD", "receive ring: index of the first unread byte"),
        ("RX_LEN", "receive ring: bytes ready to be read"),
        ("TX_RD", "send ring: index of the byte numbered SND.UNA"),
        ("TX_LEN", "send ring: bytes held, sent or not"),
        ("SRTT", "smoothed round-trip time, ms << 3; 0: none yet"),
        ("RTTVAR", "round-trip time variation, ms << 2"),
        ("RTT_AT", "when the timed segment was sent; the first unanswered one while RETRIES > 0"),
        ("MARK", "- SND.UNA: end of the segment being timed (0: none); the recovery point while "
                 "RECOVERY, LOSS or TLP is set"),
        ("T_REXMT", "retransmission, probe or persist timer ends, -1: off"),
        ("T_DACK", "delayed ACK goes out, -1: off"),
        ("T_KEEP", "keepalive or FIN-WAIT-2 timer ends, -1: off"),
        ("BLOCK0", "absolute: first block kept: start - RCV.NXT | length << 16; 0: none"),
        ("BLOCK1", "absolute: second block"),
        ("BLOCK2", "absolute: third block"),
        ("SACK0", "absolute: first block the peer holds: start - SND.UNA | length << 16; 0: none"),
        ("SACK1", "absolute: second block"),
        ("SACK2", "absolute: third block"),
        ("CWND", "congestion window, bytes"),
        ("SSTHRESH", "slow start threshold, bytes"),
        ("CC_ACKED", "bytes acknowledged since CWND last grew by a segment"),
        ("TS_RECENT", "absolute: TS.Recent (RFC 7323, 4.3)"),
        ("USER_TIMEOUT", "TCP_USER_TIMEOUT, ms, 0: none; the place in the queue before accept()"),
    ]),
    "tcq": ("_Q_", "the same connection: its 16-bit numbers", [
        ("SND_MSS", "effective send MSS, timestamps taken off"),
        ("MAX_WND", "largest window field the peer ever sent, before scaling"),
        ("RTO", "retransmission timeout in force, ms"),
        ("RETRIES", "retransmissions, or keepalive or window probes | unanswered << 8, in a row"),
        ("UNACKED", "bytes taken since our last ACK, at most 65535"),
        ("RCV_FIN", "number after the peer's FIN, - RCV.NXT, when it came out of order; 0: none"),
        ("DUPACKS", "duplicate ACKs in a row; in recovery with SACK: HighRxt - SND.UNA"),
        ("SND_WL1", "SEG.SEQ of the last window update - RCV.NXT, 0 when that is past"),
        ("SND_SML", "number after the last small segment sent, - SND.UNA (Minshall); 0: none"),
        ("SND_UP", "SND.UP - SND.UNA while URG_OUT is set"),
        ("RCV_UP", "urgent mark: bytes to be read before it, while URG_IN is set"),
        ("KA_IDLE", "keepalive: idle time, s"),
        ("KA_INTVL", "keepalive: interval, s"),
        ("KA_CNT", "keepalive: unanswered probes that end the connection | age of TS_RECENT << 8"),
        ("W_MAX", "cubic: window before the last reduction, bytes >> 4"),
        ("PLATEAU", "cubic: when the window is back at W_MAX, ms >> 3, 16 bits"),
    ]),
    "half": ("_HO_", "a half-open connection: SYN seen, SYN+ACK sent", [
        ("R_IP", "absolute: remote address"),
        ("PORTS", "absolute: their port and ours, as on the wire; 0: free"),
        ("ISS", "absolute: our initial sequence number"),
        ("IRS", "absolute: theirs"),
        ("AT", "when the SYN+ACK is sent again"),
        ("OPTS", "MSS to send | window shift << 14 | options << 18 (see tcp/listen.py) "
                 "| SYN+ACKs sent again << 22"),
        ("TS_RECENT", "absolute: TS.Recent"),
    ]),
    "tw": ("_TW_", "a connection in TIME-WAIT", [
        ("R_IP", "absolute: remote address"),
        ("PORTS", "absolute: their port and ours, as on the wire; 0: free"),
        ("SND_NXT", "absolute: our next number"),
        ("RCV_NXT", "absolute: their next number"),
        ("AT", "when two segment lifetimes are over"),
        ("TS_RECENT", "absolute: TS.Recent, 0: no timestamps were in use"),
    ]),
    "path": ("_PA_", "a path whose MTU is below the link's (RFC 1191), once there is one", [
        ("R_IP", "absolute: remote address; 0: free"),
        ("MTU", "path MTU, bytes | 0x10000: packets go without DF"),
        ("AT", "when a larger one is tried again"),
    ]),
    "route": ("_RT_", "an IP source route (RFC 791, 3.1), once there is one", [
        ("R_IP", "absolute: remote address"),
        ("PORTS", "absolute: their port and ours, as on the wire; 0: free"),
        ("IRS", "absolute: number of the SYN that a half-open record stands for"),
        ("KIND", "1: the connection was opened passively | 2: the program gave the route"),
        ("LEN", "bytes of the option in the IP header, with a NOP before it; 0: no route"),
        ("OPTION", "absolute: NOP, type, length and pointer, as on the wire"),
        ("HOP", "absolute: the first gateway, to which the packet is sent"),
        *[("VIA%d" % i, "absolute: address %d in the option; the last is the peer's" % i)
          for i in range(1, 10)],
    ]),
    "frag": ("_FR_", "a datagram of which fragments have come (RFC 791, 3.2)", [
        ("SRC", "absolute: source address"),
        ("DST", "absolute: destination address"),
        ("WHAT", "identification, as on the wire | protocol << 16"),
        ("LIVE", "0: free; otherwise 1 and what is known of it, see net/fragments.py"),
        ("AT", "when it is given up"),
        ("TOTAL", "bytes of text, 0: the last fragment has not come"),
        ("END", "behind the last byte of text that has come"),
        ("HAVE", "text that has come, in units of 8 bytes"),
    ]),
    "neigh": ("_N_", "one neighbour in the ARP cache", [
        ("IP", "absolute: its address; 0: free"),
        ("MAC0", "absolute: first four bytes of its hardware address"),
        ("MAC1", "last two bytes"),
        ("STATE", "1 incomplete, 2 reachable, 3 being asked again"),
        ("UNTIL", "how long it is believed without being asked again"),
        ("AT", "when the next request is due, -1: none"),
        ("TRIES", "requests sent without an answer"),
    ]),
}

# Protocol settings: index in Stack.cfg, Linux's name, default, unit.
SETTINGS = [
    ("SYN_RETRIES", "tcp_syn_retries", 7, "retransmissions; 7 keeps trying for 183 s (MUST-23)"),
    ("SYNACK_RETRIES", "tcp_synack_retries", 5, "retransmissions"),
    ("RETRIES1", "tcp_retries1", 3, "retransmissions before the next hop is doubted"),
    ("RETRIES2", "tcp_retries2", 15, "retransmissions"),
    ("ORPHAN_RETRIES", "tcp_orphan_retries", 8, "retransmissions after close()"),
    ("FIN_TIMEOUT", "tcp_fin_timeout", 60, "s in FIN-WAIT-2 after close()"),
    ("MSL", "tcp_msl", 30, "s; TIME-WAIT lasts twice as long"),
    ("KEEP_TIME", "tcp_keepalive_time", 7200, "s of silence before the first probe"),
    ("KEEP_INTVL", "tcp_keepalive_intvl", 75, "s between probes"),
    ("KEEP_PROBES", "tcp_keepalive_probes", 9, "unanswered probes that end a connection"),
    ("CHALLENGE", "tcp_challenge_ack_limit", 100, "challenge ACKs and ICMP errors a second"),
    ("SACK", "tcp_sack", 1, "1: selective acknowledgments (RFC 2018)"),
    ("TIMESTAMPS", "tcp_timestamps", 1, "1: timestamps (RFC 7323)"),
    ("SCALING", "tcp_window_scaling", 1, "1: window scaling (RFC 7323)"),
    ("ECN", "tcp_ecn", 0, "0: off, 1: asked for and accepted, 2: accepted (RFC 3168)"),
    ("SYNCOOKIES", "tcp_syncookies", 1, "0: never, 1: when half-open records run out, 2: always"),
    ("BACKLOG", "tcp_max_syn_backlog", 0, "half-open records in use at most, 0: all there are"),
    ("TW_BUCKETS", "tcp_max_tw_buckets", 0, "TIME-WAIT records in use at most, 0: all there are"),
    ("ABORT_OVERFLOW", "tcp_abort_on_overflow", 0, "1: RST when an accept queue is full"),
    ("CONGESTION", "tcp_congestion_control", 2, "newreno; tahoe, reno or cubic by name"),
    ("EARLY_RETRANS", "tcp_early_retrans", 3, "0: neither early retransmit nor loss probes"),
    ("INITCWND", "initcwnd", 10, "segments in the first window (RFC 6928)"),
    ("IDLE_RESTART", "tcp_slow_start_after_idle", 1, "1: start slowly after an RTO of silence"),
    ("RFC1337", "tcp_rfc1337", 1, "1: a RST does not end TIME-WAIT"),
    ("PMTU", "ip_no_pmtu_disc", 0, "0: path MTU discovery (RFC 1191), 1: no DF bit"),
    ("MTU_PROBING", "tcp_mtu_probing", 1, "1: smaller segments when large ones are lost"),
    ("MIN_PMTU", "min_pmtu", 552, "bytes; to a path with less packets go without DF"),
    ("MTU_EXPIRES", "mtu_expires", 600, "s until a larger path MTU is tried again"),
    ("REDIRECTS", "accept_redirects", 1, "1: gateways may name a better one (RFC 1122, 3.2.2.2)"),
    ("UTO", "tcp_uto", 0, "1: User Timeout Options are sent and taken (RFC 5482)"),
    ("NEIGH_TIME", "base_reachable_time", 60, "s an ARP entry is believed unasked"),
    ("TTL", "ip_default_ttl", 64, "hops"),
]

# Settings that stand in no record, for what they switch is loaded by them: name, default, least,
# most, unit.
SWITCHES = [
    ("accept_source_route", 0, 0, 1, "1: TCP answers by the source route that its peer used "
     "(RFC 9293, 3.9.2.1)"),
]

# Least and most that a setting may be, where that is not 0 and 32767.
RANGES = {
    "SYN_RETRIES": (1, 127), "SYNACK_RETRIES": (0, 127), "RETRIES1": (0, 255),
    "RETRIES2": (0, 255), "ORPHAN_RETRIES": (1, 255), "FIN_TIMEOUT": (1, 32767),
    "MSL": (1, 32767), "KEEP_TIME": (1, 32767), "KEEP_INTVL": (1, 32767), "KEEP_PROBES": (1, 127),
    "SACK": (0, 1), "TIMESTAMPS": (0, 1), "SCALING": (0, 1), "ECN": (0, 2), "SYNCOOKIES": (0, 2),
    "ABORT_OVERFLOW": (0, 1), "CONGESTION": (0, 3), "EARLY_RETRANS": (0, 4),
    "INITCWND": (1, 1000), "IDLE_RESTART": (0, 1), "RFC1337": (0, 1), "PMTU": (0, 1),
    "MTU_PROBING": (0, 1), "MIN_PMTU": (68, 32767), "MTU_EXPIRES": (300, 32767),
    "REDIRECTS": (0, 1), "UTO": (0, 1), "NEIGH_TIME": (1, 32767), "TTL": (1, 255),
}  # fmt: skip

# Counters: index in Stack.count, Linux's name (or one in its manner), what is counted.
COUNTERS = [
    ("RX_FRAMES", "RxFrames", "frames the link handed over"),
    ("TX_FRAMES", "TxFrames", "frames the link took"),
    ("TX_BUSY", "TxBusy", "times the link was busy and a frame had to wait"),
    ("ETH_DROP", "EthDrops", "frames too short, for another address or of an unknown type"),
    ("ARP_IN", "ArpIn", "ARP packets taken"),
    ("ARP_BAD", "ArpInErrors", "malformed or implausible ARP packets"),
    ("ARP_REQ", "ArpOutRequests", "ARP requests sent"),
    ("ARP_REPLY", "ArpOutReplies", "ARP replies sent"),
    ("ARP_FAIL", "ArpFailures", "neighbours that never answered"),
    ("ARP_QDROP", "ArpQueueDrops", "packets that found no place while an address was asked for"),
    ("ARP_FULL", "ArpEvictions", "neighbours pushed out of a full cache"),
    ("IP_HDR", "InHdrErrors", "bad version, header length, total length or checksum"),
    ("IP_ADDR", "InAddrErrors", "destination not ours or source impossible"),
    ("IP_FRAG", "ReasmFails", "fragments dropped, and datagrams given up"),
    ("IP_PROTO", "InUnknownProtos", "protocols nobody here speaks"),
    ("ICMP_BAD", "IcmpInErrors", "ICMP too short or with a bad checksum"),
    ("ICMP_ECHO", "IcmpInEchos", "echo requests taken"),
    ("ICMP_ECHO_REPLY", "IcmpOutEchoReps", "echo replies sent"),
    ("ICMP_UNREACH_IN", "IcmpInDestUnreachs", "destination unreachable received"),
    ("ICMP_EXPIRED", "IcmpInTimeExcds", "time exceeded received"),
    ("ICMP_PARAMETER", "IcmpInParmProbs", "parameter problem received"),
    ("ICMP_UNREACH_OUT", "IcmpOutDestUnreachs", "destination unreachable sent"),
    ("RATE_LIMITED", "OutRateLimited", "answers not given: the second's limit was reached"),
    ("IN_SEGS", "InSegs", "TCP segments taken"),
    ("OUT_SEGS", "OutSegs", "TCP segments sent"),
    ("IN_ERRS", "InErrs", "TCP segments with an impossible header"),
    ("IN_CSUM", "InCsumErrors", "TCP segments with a bad checksum"),
    ("OUT_RSTS", "OutRsts", "resets sent"),
    ("RETRANS", "RetransSegs", "TCP segments sent again"),
    ("ACTIVE", "ActiveOpens", "connect() calls that sent a SYN"),
    ("PASSIVE", "PassiveOpens", "SYNs that made a half-open record"),
    ("ATTEMPT_FAILS", "AttemptFails", "openings that failed"),
    ("ESTAB_RESETS", "EstabResets", "connections ended by a reset"),
    ("TIMEOUTS", "TCPTimeouts", "retransmission timers that ran out"),
    ("ABORT_TIMEOUT", "TCPAbortOnTimeout", "connections given up after the last retransmission"),
    ("ABORT_DATA", "TCPAbortOnData", "connections reset: data after close(), or linger of 0 s"),
    ("SYN_RETRANS", "TCPSynRetrans", "SYN and SYN+ACK sent again"),
    ("REQ_FULL", "TCPReqQFullDrop", "SYNs dropped because the half-open table was full"),
    ("LISTEN_OVER", "ListenOverflows", "final ACKs dropped: no place in the queue or the table"),
    ("OFO", "TCPOFOQueue", "segments kept out of order"),
    ("OFO_DROP", "TCPOFODrop", "out-of-order segments that found no place in the list"),
    ("RCVQ_DROP", "TCPRcvQDrop", "segments that began beyond the window"),
    ("CHALLENGE_ACK", "TCPChallengeACK", "challenge ACKs (RFC 5961)"),
    ("TW", "TW", "connections that entered TIME-WAIT"),
    ("TW_REUSED", "TWRecycled", "TIME-WAIT records reopened by a newer SYN"),
    ("TW_REAPED", "TCPTimeWaitOverflow", "oldest TIME-WAIT records given up for newer ones"),
    ("PROBES", "TCPWinProbe", "zero-window probes sent"),
    ("KEEPALIVE", "TCPKeepAlive", "keepalive probes sent"),
    ("FAST_RETRANS", "TCPFastRetrans", "segments sent again in fast recovery"),
    ("SLOW_RETRANS", "TCPSlowStartRetrans", "segments sent again in slow start after a timeout"),
    ("LOSS_PROBES", "TCPLossProbes", "tail loss probes sent"),
    ("PROBE_RECOVERY", "TCPLossProbeRecovery", "losses that a tail loss probe repaired"),
    ("RENO_RECOVERY", "TCPRenoRecovery", "fast recoveries entered without SACK"),
    ("SACK_RECOVERY", "TCPSackRecovery", "fast recoveries entered with SACK"),
    ("DSACK_SENT", "TCPDSACKOldSent", "D-SACKs sent for what came twice"),
    ("DSACK_RECV", "TCPDSACKRecv", "D-SACKs received"),
    ("PAWS", "PAWSEstab", "segments dropped for an old timestamp"),
    ("COOKIES_SENT", "SyncookiesSent", "SYN cookies sent"),
    ("COOKIES_RECV", "SyncookiesRecv", "SYN cookies that came back good"),
    ("COOKIES_FAILED", "SyncookiesFailed", "ACKs that looked like a cookie and were none"),
    ("ECE", "TCPEcnReduced", "windows reduced because of ECN"),
    ("DELAYED_ACKS", "DelayedACKs", "ACKs sent by the delayed-ACK timer"),
    ("ABORT_CLOSE", "TCPAbortOnClose", "connections reset because data were left unread"),
    ("ICMP_WINDOW", "OutOfWindowIcmps", "ICMP errors that quote what is not in flight"),
    ("PMTU_LOWER", "PathMtuReduced", "path MTUs lowered because a router said so"),
    ("BLACK_HOLE", "PathBlackHoles", "segments made smaller because large ones were lost"),
    ("REASM_OK", "ReasmOKs", "datagrams put together from fragments"),
    ("REASM_TIMEOUT", "ReasmTimeout", "datagrams whose fragments did not all come in time"),
    ("ICMP_REDIRECT", "IcmpInRedirects", "redirects received"),
    ("UDP_BAD", "UdpInErrors", "UDP datagrams with a wrong length or checksum"),
    ("DHCP_BAD", "DhcpInErrors", "DHCP messages malformed, for others, or not waited for"),
]


def constants():
    """Every constant by name: {"_H_NOW": (0, "sentence"), ...}."""
    out = {}
    for prefix, _, fields in RECORDS.values():
        for i, (name, text) in enumerate(fields):
            if prefix + name in out:
                raise SystemExit("two records define %s" % (prefix + name))
            out[prefix + name] = (i, text)
    for key, (_, _, fields) in RECORDS.items():
        unit = "halves" if key == "tcq" else "words"
        name = "_%s_%s" % (key.upper(), unit.upper())
        out[name] = (len(fields), "%s of a %s record" % (unit, key))
    for i, (name, linux, _, unit) in enumerate(SETTINGS):
        out["_C_" + name] = (i, "%s: %s" % (linux, unit))
    for i, (name, linux, text) in enumerate(COUNTERS):
        out["_ST_" + name] = (i, "%s: %s" % (linux, text))
    out["_SETTINGS"] = (len(SETTINGS), "settings")
    out["_COUNTERS"] = (len(COUNTERS), "counters")
    return out


def block(used, table):
    lines = [BEGIN]
    for name in table:
        if name in used:
            lines.append("%s = const(%d)" % (name, table[name][0]))
    return "\n".join(lines + [END])


def rewrite(path, table):
    """The file's text with its block brought up to date."""
    text = path.read_text()
    if BEGIN not in text:
        return text
    head, rest = text.split(BEGIN, 1)
    _, tail = rest.split(END, 1)
    code = re.sub(r"#.*", "", head + tail)
    used = set(re.findall(r"\b_[A-Z][A-Z0-9_]*\b", code))
    return head + block(used, table) + tail


def names_module():
    """lib/ferrule/api/names.py: the words that people read, loaded only when somebody asks."""
    rows = ['"""Names of settings and counters, in the order of their records.',
            "", 'Written by tools/layout.py.', '"""', "", "SETTINGS = ("]
    rows += ['    "%s",  # %s' % (linux, unit) for _, linux, _, unit in SETTINGS]
    rows += [")", "LIMITS = (  # the least and the most that each may be"]
    rows += ["    (%d, %d)," % RANGES.get(row[0], (0, 32767)) for row in SETTINGS]
    rows += [")", "COUNTERS = ("]
    rows += ['    "%s",  # %s' % (linux, text) for _, linux, text in COUNTERS]
    return "\n".join(rows + [")", ""])


def words_module():
    """host_tests/mp/layout_words.py: the offsets for tests, named as in the package, without the
    underscore.
    """
    rows = ['"""Offsets in the records.  Written by tools/layout.py."""', ""]
    for prefix, _, fields in RECORDS.values():
        rows += ["%s%s = %d" % (prefix[1:], name, i) for i, (name, _) in enumerate(fields)]
    rows += ["%s_LEN = %d" % (key.upper(), len(r[2])) for key, r in RECORDS.items()]
    return "\n".join(rows + [""])


def settings_page():
    """lib/ferrule/SETTINGS.md: settings and counters for a reader."""
    rows = ["# Settings and counters", "", "Written by `python -m tools.layout`.", "",
            "## `net.config(name=value)`, `net.config(\"name\")`", "",
            "Names and units are Linux's. A value out of range is a `ValueError`, and nothing is",
            "set. Congestion control goes by its name. `mac` and `mtu` can be read too.", "",
            "| setting | default | from | to | |", "|---|---|---|---|---|"]
    for name, linux, default, unit in SETTINGS:
        least, most = RANGES.get(name, (0, 32767))
        rows.append("| `%s` | %d | %d | %d | %s |" % (linux, default, least, most, unit))
    rows += ["| `%s` | %d | %d | %d | %s |" % row for row in SWITCHES]
    rows += ["", "## `net.stats()`", "", "Those that Linux has bear its names (`netstat -s`, "
             "`/proc/net/netstat`, `/proc/net/snmp`).", "", "| counter | counts |", "|---|---|"]
    rows += ["| `%s` | %s |" % (linux, text) for _, linux, text in COUNTERS]
    return "\n".join(rows + [""])


def defaults():
    rows = textwrap.wrap(", ".join(str(d) for _, _, d, _ in SETTINGS), 90)
    return "_DEFAULTS = (\n    %s,\n)" % "\n    ".join(rows)


def main():
    ap = argparse.ArgumentParser(prog="python -m tools.layout", description=__doc__.split("\n")[0])
    ap.add_argument("--check", action="store_true",
                    help="change nothing; exit 1 when something is out of date")
    ap.add_argument("--print", action="store_true", help="print the tables")
    args = ap.parse_args()
    if args.print:
        for key, (_, what, fields) in RECORDS.items():
            print("%s: %s (%d bytes)" % (key, what, (2 if key == "tcq" else 4) * len(fields)))
            for i, (name, text) in enumerate(fields):
                print("  %2d %-12s %s" % (i, name, text))
        return 0
    table = constants()
    stale = []
    files = [(p, rewrite(p, table)) for p in sorted(LIB.rglob("*.py"))]
    files = [f for f in files if f[0].name != "names.py"]
    files += [
        (LIB / "api" / "names.py", names_module()),
        (LIB / "SETTINGS.md", settings_page()),
        (ROOT / "host_tests" / "mp" / "layout_words.py", words_module()),
    ]
    for path, text in files:
        if path.name == "stack.py":
            text = re.sub(r"^_DEFAULTS = \(.*?\)$", defaults(), text, flags=re.M | re.S)
        if not path.exists() or path.read_text() != text:
            stale.append(path)
            if not args.check:
                path.write_text(text)
    for path in stale:
        print("%s %s" % ("out of date:" if args.check else "rewrote", path.relative_to(ROOT)))
    return 1 if stale and args.check else 0


if __name__ == "__main__":
    sys.exit(main())
