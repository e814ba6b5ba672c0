"""Names of settings and counters, in the order of their records.

Written by tools/layout.py.
"""

SETTINGS = (
    "tcp_syn_retries",  # retransmissions; 7 keeps trying for 183 s (MUST-23)
    "tcp_synack_retries",  # retransmissions
    "tcp_retries1",  # retransmissions before the next hop is doubted
    "tcp_retries2",  # retransmissions
    "tcp_orphan_retries",  # retransmissions after close()
    "tcp_fin_timeout",  # s in FIN-WAIT-2 after close()
    "tcp_msl",  # s; TIME-WAIT lasts twice as long
    "tcp_keepalive_time",  # s of silence before the first probe
    "tcp_keepalive_intvl",  # s between probes
    "tcp_keepalive_probes",  # unanswered probes that end a connection
    "tcp_challenge_ack_limit",  # challenge ACKs and ICMP errors a second
    "tcp_sack",  # 1: selective acknowledgments (RFC 2018)
    "tcp_timestamps",  # 1: timestamps (RFC 7323)
    "tcp_window_scaling",  # 1: window scaling (RFC 7323)
    "tcp_ecn",  # 0: off, 1: asked for and accepted, 2: accepted (RFC 3168)
    "tcp_syncookies",  # 0: never, 1: when half-open records run out, 2: always
    "tcp_max_syn_backlog",  # half-open records in use at most, 0: all there are
    "tcp_max_tw_buckets",  # TIME-WAIT records in use at most, 0: all there are
    "tcp_abort_on_overflow",  # 1: RST when an accept queue is full
    "tcp_congestion_control",  # newreno; tahoe, reno or cubic by name
    "tcp_early_retrans",  # 0: neither early retransmit nor loss probes
    "initcwnd",  # segments in the first window (RFC 6928)
    "tcp_slow_start_after_idle",  # 1: start slowly after an RTO of silence
    "tcp_rfc1337",  # 1: a RST does not end TIME-WAIT
    "ip_no_pmtu_disc",  # 0: path MTU discovery (RFC 1191), 1: no DF bit
    "tcp_mtu_probing",  # 1: smaller segments when large ones are lost
    "min_pmtu",  # bytes; to a path with less packets go without DF
    "mtu_expires",  # s until a larger path MTU is tried again
    "accept_redirects",  # 1: gateways may name a better one (RFC 1122, 3.2.2.2)
    "tcp_uto",  # 1: User Timeout Options are sent and taken (RFC 5482)
    "base_reachable_time",  # s an ARP entry is believed unasked
    "ip_default_ttl",  # hops
)
LIMITS = (  # the least and the most that each may be
    (1, 127),
    (0, 127),
    (0, 255),
    (0, 255),
    (1, 255),
    (1, 32767),
    (1, 32767),
    (1, 32767),
    (1, 32767),
    (1, 127),
    (0, 32767),
    (0, 1),
    (0, 1),
    (0, 1),
    (0, 2),
    (0, 2),
    (0, 32767),
    (0, 32767),
    (0, 1),
    (0, 3),
    (0, 4),
    (1, 1000),
    (0, 1),
    (0, 1),
    (0, 1),
    (0, 1),
    (68, 32767),
    (300, 32767),
    (0, 1),
    (0, 1),
    (1, 32767),
    (1, 255),
)
COUNTERS = (
    "RxFrames",  # frames the link handed over
    "TxFrames",  # frames the link took
    "TxBusy",  # times the link was busy and a frame had to wait
    "EthDrops",  # frames too short, for another address or of an unknown type
    "ArpIn",  # ARP packets taken
    "ArpInErrors",  # malformed or implausible ARP packets
    "ArpOutRequests",  # ARP requests sent
    "ArpOutReplies",  # ARP replies sent
    "ArpFailures",  # neighbours that never answered
    "ArpQueueDrops",  # packets that found no place while an address was asked for
    "ArpEvictions",  # neighbours pushed out of a full cache
    "InHdrErrors",  # bad version, header length, total length or checksum
    "InAddrErrors",  # destination not ours or source impossible
    "ReasmFails",  # fragments dropped, and datagrams given up
    "InUnknownProtos",  # protocols nobody here speaks
    "IcmpInErrors",  # ICMP too short or with a bad checksum
    "IcmpInEchos",  # echo requests taken
    "IcmpOutEchoReps",  # echo replies sent
    "IcmpInDestUnreachs",  # destination unreachable received
    "IcmpInTimeExcds",  # time exceeded received
    "IcmpInParmProbs",  # parameter problem received
    "IcmpOutDestUnreachs",  # destination unreachable sent
    "OutRateLimited",  # answers not given: the second's limit was reached
    "InSegs",  # TCP segments taken
    "OutSegs",  # TCP segments sent
    "InErrs",  # TCP segments with an impossible header
    "InCsumErrors",  # TCP segments with a bad checksum
    "OutRsts",  # resets sent
    "RetransSegs",  # TCP segments sent again
    "ActiveOpens",  # connect() calls that sent a SYN
    "PassiveOpens",  # SYNs that made a half-open record
    "AttemptFails",  # openings that failed
    "EstabResets",  # connections ended by a reset
    "TCPTimeouts",  # retransmission timers that ran out
    "TCPAbortOnTimeout",  # connections given up after the last retransmission
    "TCPAbortOnData",  # connections reset: data after close(), or linger of 0 s
    "TCPSynRetrans",  # SYN and SYN+ACK sent again
    "TCPReqQFullDrop",  # SYNs dropped because the half-open table was full
    "ListenOverflows",  # final ACKs dropped: no place in the queue or the table
    "TCPOFOQueue",  # segments kept out of order
    "TCPOFODrop",  # out-of-order segments that found no place in the list
    "TCPRcvQDrop",  # segments that began beyond the window
    "TCPChallengeACK",  # challenge ACKs (RFC 5961)
    "TW",  # connections that entered TIME-WAIT
    "TWRecycled",  # TIME-WAIT records reopened by a newer SYN
    "TCPTimeWaitOverflow",  # oldest TIME-WAIT records given up for newer ones
    "TCPWinProbe",  # zero-window probes sent
    "TCPKeepAlive",  # keepalive probes sent
    "TCPFastRetrans",  # segments sent again in fast recovery
    "TCPSlowStartRetrans",  # segments sent again in slow start after a timeout
    "TCPLossProbes",  # tail loss probes sent
    "TCPLossProbeRecovery",  # losses that a tail loss probe repaired
    "TCPRenoRecovery",  # fast recoveries entered without SACK
    "TCPSackRecovery",  # fast recoveries entered with SACK
    "TCPDSACKOldSent",  # D-SACKs sent for what came twice
    "TCPDSACKRecv",  # D-SACKs received
    "PAWSEstab",  # segments dropped for an old timestamp
    "SyncookiesSent",  # SYN cookies sent
    "SyncookiesRecv",  # SYN cookies that came back good
    "SyncookiesFailed",  # ACKs that looked like a cookie and were none
    "TCPEcnReduced",  # windows reduced because of ECN
    "DelayedACKs",  # ACKs sent by the delayed-ACK timer
    "TCPAbortOnClose",  # connections reset because data were left unread
    "OutOfWindowIcmps",  # ICMP errors that quote what is not in flight
    "PathMtuReduced",  # path MTUs lowered because a router said so
    "PathBlackHoles",  # segments made smaller because large ones were lost
    "ReasmOKs",  # datagrams put together from fragments
    "ReasmTimeout",  # datagrams whose fragments did not all come in time
    "IcmpInRedirects",  # redirects received
    "UdpInErrors",  # UDP datagrams with a wrong length or checksum
    "DhcpInErrors",  # DHCP messages malformed, for others, or not waited for
)
