"""Path MTU discovery (RFC 1191): too-big messages, what they may do and what not, the way back,
and paths on which the messages do not come (RFC 2923, 2.1).
"""

from testing import proves

# ---- DF ------------------------------------------------------------------------------------


@proves("RFC1191-2-1", "RFC1122-3.3.3-2")
def test_every_segment_says_do_not_fragment(wire):
    wire.listening()
    wire.play("""
        0  <== SYN      0  mss=1000
        0  ==> SYN ACK  0           ack=1  df
        0  <== ACK      1           ack=1
        0  us.write 1100
        0  ==> ACK      1:1001      ack=1  df
        0  ==> ACK      1001:1101   ack=1  df
        0  us.shutdown wr
        0  ==> FIN ACK  1101        ack=1  df
    """)


@proves("RFC1191-2-1")
def test_the_first_segments_are_as_long_as_our_link_and_the_peer_take(wire):
    wire.link.mtu = 1006
    wire.opened(mss=1400, tx_buffer=4096)
    wire.play("""
        0  us.getsockopt MAXSEG 966
        0  us.write 1000
        0  ==> ACK  1:967     ack=1  df
        0  ==> ACK  967:1001  ack=1  df
    """)


@proves("RFC1191-2-1")
def test_discovery_can_be_switched_off(wire):
    wire.opened(mss=1000, configure={"ip_no_pmtu_disc": 1})
    wire.play("""
        0  us.write 1000
        0  ==> ACK  1:1001  ack=1  df=0
        0  <== ICMP echo    id=1 seq=1 len=56
        0  ==> ICMP reply   id=1 seq=1 len=56  df=0
        5  <== ICMP unreachable code=4 mtu=600
        5  us.getsockopt MAXSEG 1000
    """)


@proves("RFC1191-2-1")
def test_one_socket_can_do_without(wire):
    wire.opened(mss=1000)
    wire.play("""
        0  us.getsockopt MTU_DISCOVER 1
        0  us.setsockopt MTU_DISCOVER 0
        0  us.write 100
        0  ==> ACK  1:101    ack=1  df=0
        0  us.setsockopt MTU_DISCOVER 2
        0  us.write 100
        0  <== ACK  1        ack=101
        0  ==> ACK  101:201  ack=1  df
    """)


# ---- a router complains --------------------------------------------------------------------


@proves("RFC1191-3-1", "RFC1191-3-6", "RFC7323-5.7-1", "RFC1191-6.4-3")
def test_what_was_too_long_goes_out_again_in_shorter_segments_at_once(wire):
    wire.opened(mss=1000)
    wire.play("""
        0   us.write 1000
        0   ==> ACK  1:1001    ack=1
        5   <== ICMP unreachable code=4 mtu=640
        5   ==> ACK  1:601     ack=1  df      # one segment, until an ACK comes
        5   us.getsockopt MAXSEG 600
        5   us.getsockopt MTU 640
        5   us.stat PathMtuReduced 1
        10  <== ACK  1         ack=601
        10  ==> ACK  601:1001  ack=1
        15  <== ACK  1         ack=1001
        15  us.write 1200
        15  ==> ACK  1001:1601  ack=1
        15  ==> ACK  1601:2201  ack=1
    """)


@proves("RFC1191-6.4-3")
def test_the_timeout_does_not_grow_and_no_loss_is_noted(wire):
    wire.opened(mss=1000)
    wire.play("""
        0     us.write 1000
        0     ==> ACK  1:1001  ack=1
        400   <== ICMP unreachable code=4 mtu=640
        400   ==> ACK  1:601   ack=1
        400   us.timer rexmit 1000
        400   us.info rto=1000000 retransmits=0 snd_ssthresh=1073741823 snd_cwnd=1
        400   us.stat TCPTimeouts 0
        1400  ==> ACK  1:601   ack=1
    """)


@proves("RFC1191-6.4-3", "RFC5681-3.1-5")
def test_the_window_is_as_many_shorter_segments_and_reached_by_slow_start(wire):
    wire.opened(mss=1000, tx_buffer=8192, rx_buffer=8192, win=8192)
    lines = ["0 ==> ACK %d:%d ack=1" % (1 + 1000 * k, 1001 + 1000 * k) for k in range(8)]
    wire.play("0 us.write 8000\n" + "\n".join(lines))
    wire.play("""
        5   <== ICMP unreachable code=4 mtu=640
        5   ==> ACK  1:601      ack=1
        6   <== ICMP unreachable code=4 mtu=640 qseq=1001   # the same news of the others
        7   <== ICMP unreachable code=4 mtu=640 qseq=2001
        7   us.stat PathMtuReduced 1
        10  <== ACK  1          ack=601
        10  ==> ACK  601:1201   ack=1
        10  ==> ACK  1201:1801  ack=1
        15  <== ACK  1          ack=1201
        15  ==> ACK  1801:2401  ack=1
        15  ==> ACK  2401:3001  ack=1
    """)


@proves("RFC1191-6.4-2")
def test_what_the_peer_holds_is_not_sent_again(wire):
    wire.opened(mss=1000, tx_buffer=8192, win=8192, offer="sackok")
    wire.play("""
        0   us.write 2100
        0   ==> ACK  1:1001     ack=1
        0   ==> ACK  1001:2001  ack=1
        0   ==> ACK  2001:2101  ack=1
        4   <== ICMP unreachable code=4 mtu=640
        4   <== ACK  1          ack=1 sack=2001:2101    # the short one came through
        4   ==> ACK  1:601      ack=1
        10  <== ACK  1          ack=601 sack=2001:2101
        10  ==> ACK  601:1201   ack=1
        10  ==> ACK  1201:1801  ack=1
        15  <== ACK  1          ack=1801 sack=2001:2101
        15  ==> ACK  1801:2001  ack=1
        20  <== ACK  1          ack=2101
        20  us.sendq 0
    """)


@proves("RFC1191-3-1", "RFC6691-2-2")
def test_timestamps_are_part_of_what_a_path_takes(wire):
    wire.opened(mss=1000, offer="sackok ts=0")
    wire.play("""
        0   us.getsockopt MAXSEG 988
        0   us.write 988
        0   ==> ACK  1:989  ack=1
        5   <== ICMP unreachable code=4 mtu=640
        5   ==> ACK  1:589  ack=1
        5   us.getsockopt MAXSEG 588
        5   us.getsockopt MTU 640
    """)


@proves("RFC1191-3-1")
def test_a_path_may_become_worse_twice(wire):
    wire.opened(mss=1000)
    wire.play("""
        0   us.write 1000
        0   ==> ACK  1:1001  ack=1
        5   <== ICMP unreachable code=4 mtu=900
        5   ==> ACK  1:861   ack=1
        9   <== ICMP unreachable code=4 mtu=640
        9   ==> ACK  1:601   ack=1
        9   us.stat PathMtuReduced 2
    """)


@proves("RFC1191-3-4", "RFC1191-6.4-2")
def test_a_message_never_makes_segments_longer(wire):
    wire.opened(mss=1000)
    wire.play("""
        0   us.write 1000
        0   ==> ACK  1:1001  ack=1
        5   <== ICMP unreachable code=4 mtu=1500
        6   <== ICMP unreachable code=4 mtu=1040
        6   us.getsockopt MAXSEG 1000
        9   <== ICMP unreachable code=4 mtu=640
        9   ==> ACK  1:601   ack=1
        10  <== ICMP unreachable code=4 mtu=1000
        11  <== ICMP unreachable code=4 mtu=640
        11  us.getsockopt MAXSEG 600
        11  us.stat PathMtuReduced 1
    """)


@proves("RFC1191-3-1")
def test_a_message_about_what_is_not_in_flight_does_nothing(wire):
    wire.opened(mss=1000)
    wire.play("""
        0   us.write 1000
        0   ==> ACK  1:1001  ack=1
        5   <== ICMP unreachable code=4 mtu=640 qseq=1001
        6   <== ICMP unreachable code=4 mtu=640 qseq=0
        7   <== ICMP unreachable code=4 mtu=640 qseq=-5000
        9   us.getsockopt MAXSEG 1000
        9   us.stat OutOfWindowIcmps 3
        20  <== ACK  1       ack=1001
        21  <== ICMP unreachable code=4 mtu=640 qseq=1
        21  us.getsockopt MAXSEG 1000
    """)


@proves("RFC1191-3-2")
def test_an_old_router_does_not_tell_and_the_next_plateau_is_taken(wire):
    wire.opened(mss=1400, win=8192, tx_buffer=4096)
    wire.play("""
        0   us.write 1300
        0   ==> ACK  1:1301    ack=1
        5   <== ICMP unreachable code=4 mtu=0
        5   ==> ACK  1:967     ack=1       # 1006
        5   us.getsockopt MTU 1006
        10  <== ICMP unreachable code=4 mtu=0
        10  ==> ACK  1:513     ack=1 df=0  # below 552, where routers fragment
        10  us.getsockopt MTU 552
    """)


@proves("RFC1191-3-2")
def test_an_old_router_says_how_long_the_packet_was(wire):
    wire.opened(mss=1400, win=8192, tx_buffer=4096)
    wire.play("""
        0   us.write 1400
        0   ==> ACK  1:1401    ack=1
        5   <== ICMP unreachable code=4 mtu=0 qlen=1000
        5   ==> ACK  1:513     ack=1 df=0
        5   us.getsockopt MTU 552
    """)


@proves("RFC1191-3-3", "RFC1191-3-6")
def test_segments_never_become_shorter_than_min_pmtu_but_go_without_df(wire):
    wire.opened(mss=1000)
    wire.play("""
        0   us.write 1000
        0   ==> ACK  1:1001    ack=1  df
        5   <== ICMP unreachable code=4 mtu=67
        5   ==> ACK  1:513     ack=1  df=0
        6   <== ICMP unreachable code=4 mtu=67
        6   <== ICMP unreachable code=4 mtu=296
        6   us.getsockopt MAXSEG 512
        10  <== ACK  1         ack=513
        10  ==> ACK  513:1001  ack=1  df=0
    """)


@proves("RFC1191-3-3")
def test_the_least_path_mtu_is_a_setting_down_to_68(wire):
    wire.opened(mss=400, configure={"min_pmtu": 68})
    wire.play("""
        0   us.write 400
        0   ==> ACK  1:401  ack=1  df
        5   <== ICMP unreachable code=4 mtu=67
        5   ==> ACK  1:29   ack=1  df=0
        5   us.getsockopt MAXSEG 28
    """)


@proves("RFC1191-3-3", "RFC2018-4-1")
def test_what_is_owed_finds_room_in_the_shortest_segment(wire):
    """Blocks take more than 68 bytes leave: the packets are longer, and routers may cut them."""
    wire.opened(mss=400, offer="sackok", configure={"min_pmtu": 68})
    wire.play("""
        0   us.write 400
        0   ==> ACK  1:401    ack=1  df
        4   <== ACK  101:201  ack=1
        4   ==> ACK  401      ack=1  sack=101:201
        5   <== ICMP unreachable code=4 mtu=68 qseq=1
        5   ==> ACK  1:41     ack=1  sack=101:201 df=0
        5   ==> ACK  41:77    ack=1  sack=101:201 df=0
        5   us.getsockopt MAXSEG 76
        6   <== ICMP unreachable code=4 mtu=68 qseq=1
        9   <== ACK  1:101    ack=77
        9   ==> ACK  77:153   ack=201
        9   ==> ACK  153:229  ack=201
    """)


@proves("RFC1191-3-3")
def test_short_segments_stay_as_they_are_and_lose_df(wire):
    wire.opened(mss=300)
    wire.play("""
        0   us.write 300
        0   ==> ACK  1:301  ack=1  df
        5   <== ICMP unreachable code=4 mtu=296
        5   ==> ACK  1:301  ack=1  df=0
        5   us.getsockopt MAXSEG 300
        9   <== ACK  1      ack=301
    """)


@proves("RFC1191-6.4-4")
def test_the_mss_that_we_tell_does_not_follow_the_path(wire):
    wire.opened(mss=1000)
    wire.play("""
        0   us.write 1000
        0   ==> ACK  1:1001  ack=1
        5   <== ICMP unreachable code=4 mtu=640
        5   ==> ACK  1:601   ack=1
        9   <== RST  1
    """)
    mss = wire.under.mtu - 40
    wire.play("20 <== SYN 0 port=5001\n20 ==> SYN ACK 0 ack=1 mss=%d port=5001" % mss)


# ---- the next connections, and the way back ------------------------------------------------


@proves("RFC1191-3-1")
def test_the_next_connection_of_that_host_begins_with_what_is_known(wire):
    wire.opened(mss=1000)
    wire.play("""
        0   us.write 1000
        0   ==> ACK  1:1001    ack=1
        5   <== ICMP unreachable code=4 mtu=640
        5   ==> ACK  1:601     ack=1
        9   <== RST  1
        9   us.close error ECONNRESET
        20  <== SYN      0     port=5001 mss=1000
        20  ==> SYN ACK  0     ack=1 port=5001
        20  <== ACK      1     ack=1 port=5001
        20  us2.accept
        20  us2.write 1000
        20  ==> ACK      1:601    ack=1 port=5001
        20  ==> ACK      601:1001 ack=1 port=5001
        30  <== ACK      1        ack=1001 port=5001
        30  us3.connect  80
        30  ==> SYN      0     port=80
        30  <== SYN ACK  0     ack=1 port=80 mss=900
        30  ==> ACK      1     ack=1 port=80
        30  us3.getsockopt MAXSEG 600
    """)


@proves("RFC1191-3-1")
def test_another_host_has_another_path(wire):
    wire.opened(mss=1000)
    wire.play("""
        0   us.write 1000
        0   ==> ACK  1:1001    ack=1
        5   <== ICMP unreachable code=4 mtu=640
        5   ==> ACK  1:601     ack=1
        20  us2.connect  80    from=3
        20  ==> SYN      0     from=3 port=80
        20  <== SYN ACK  0     ack=1 from=3 port=80 mss=1000
        20  ==> ACK      1     ack=1 from=3 port=80
        20  us2.getsockopt MAXSEG 1000
        25  <== ACK  1         ack=601
        25  ==> ACK  601:1001  ack=1
        30  <== ACK  1         ack=1001
    """)


@proves("RFC1191-3-5", "RFC1191-6.4-1")
def test_after_ten_minutes_the_whole_length_is_tried_again(wire):
    wire.opened(mss=1000)
    wire.play("""
        0       us.write 1000
        0       ==> ACK  1:1001     ack=1
        5       <== ICMP unreachable code=4 mtu=640
        5       ==> ACK  1:601      ack=1
        9       <== ACK  1          ack=601
        9       ==> ACK  601:1001   ack=1
        14      <== ACK  1          ack=1001
        600004  us.getsockopt MAXSEG 600
        600005  us.getsockopt MAXSEG 1000   # the peer's, not our link's
        600005  us.write 1000
        600005  ==> ACK  1001:2001  ack=1
        600009  <== ICMP unreachable code=4 mtu=640 qseq=1001
        600009  ==> ACK  1001:1601  ack=1
        600015  <== ACK  1          ack=1601
        600015  ==> ACK  1601:2001  ack=1
        600020  <== ACK  1          ack=2001
        1200s   us.getsockopt MAXSEG 600
    """)


@proves("RFC1191-3-5")
def test_when_a_path_is_tried_again_is_a_setting_of_five_minutes_at_least(wire):
    from testing import raises

    wire.opened(mss=1000, configure={"mtu_expires": 300})
    raises(ValueError, lambda: wire.net.config(mtu_expires=299))
    wire.play("""
        0       us.write 1000
        0       ==> ACK  1:1001     ack=1
        5       <== ICMP unreachable code=4 mtu=640
        5       ==> ACK  1:601      ack=1
        9       <== ACK  1          ack=1001
        300004  us.getsockopt MAXSEG 600
        300005  us.getsockopt MAXSEG 1000
        300005  us.getsockopt MTU %d
    """ % wire.under.mtu)


@proves("RFC1191-3-5", "RFC1191-3-6")
def test_packets_get_their_df_back_when_the_path_is_tried_again(wire):
    wire.opened(mss=1000)
    wire.play("""
        0       us.write 500
        0       ==> ACK  1:501      ack=1  df
        5       <== ICMP unreachable code=4 mtu=296
        5       ==> ACK  1:501      ack=1  df=0
        9       <== ACK  1          ack=501
        600005  us.write 1000
        600005  ==> ACK  501:1501   ack=1  df
        600009  <== ACK  1          ack=1501
    """)


@proves("RFC1191-3-5")
def test_another_message_begins_the_ten_minutes_anew(wire):
    wire.opened(mss=1000)
    wire.play("""
        0       us.write 1000
        0       ==> ACK  1:1001  ack=1
        5       <== ICMP unreachable code=4 mtu=900
        5       ==> ACK  1:861   ack=1
        9       <== ACK  1       ack=1001
        300s    us.write 800
        300s    ==> ACK  1001:1801  ack=1
        300005  <== ICMP unreachable code=4 mtu=640 qseq=1001
        300005  ==> ACK  1001:1601  ack=1
        300009  <== ACK  1       ack=1801
        600005  us.getsockopt MAXSEG 600
        900004  us.getsockopt MAXSEG 600
        900005  us.getsockopt MAXSEG 1000
    """)


@proves("RFC1191-3-1")
def test_four_paths_are_remembered_and_the_oldest_makes_room(wire):
    wire.build(connections=1)
    wire.play("0 us.poll")
    for i in range(5):
        host = 10 + i
        ladder = """
            AT  us.connect 80          from=H
            AT  ==> SYN      0         from=H port=80
            AT  <== SYN ACK  0         ack=1 mss=1000 from=H port=80
            AT  ==> ACK      1         ack=1 from=H port=80
            AT  us.write 1000
            AT  ==> ACK      1:1001    ack=1 from=H port=80
            AT  <== ICMP unreachable code=4 mtu=640 from=H port=80
            AT  ==> ACK      1:601     ack=1 from=H port=80
            AT  <== RST      1         from=H port=80
            AT  us.close               error ECONNRESET
        """
        wire.sockets.pop("us", None)
        wire.play(opened_to(ladder, host, 100 * i))
    for host, mss in ((10, 1000), (11, 600), (14, 600)):
        wire.sockets.pop("us", None)
        ladder = """
            AT  us.connect 81          from=H
            AT  ==> SYN      0         from=H port=81
            AT  <== SYN ACK  0         ack=1 mss=1000 from=H port=81
            AT  ==> ACK      1         ack=1 from=H port=81
            AT  us.getsockopt MAXSEG %d
            AT  us.setsockopt LINGER 0
            AT  us.close
            AT  ==> RST ACK  1         ack=1 from=H port=81
        """ % mss
        wire.play(opened_to(ladder, host, 100 * host))


def opened_to(ladder, host, at):
    """The ladder with its words AT and H filled in."""
    return ladder.replace("AT", "%d" % at).replace("from=H", "from=%d" % host)


# ---- no message comes ----------------------------------------------------------------------


@proves("RFC1191-3-6")
def test_after_two_timeouts_of_a_full_segment_shorter_ones_are_tried(wire):
    wire.opened(mss=1400, tx_buffer=4096)
    wire.play("""
        0     us.write 1400
        0     ==> ACK  1:1401     ack=1
        1s    ==> ACK  1:1401     ack=1
        3s    ==> ACK  1:1025     ack=1     # what every tunnel carries
        3s    us.stat PathBlackHoles 1
        3s    us.window cwnd=1024
        3010  <== ACK  1          ack=1025
        3010  ==> ACK  1025:1401  ack=1
        3020  <== ACK  1          ack=1401
        3020  us.getsockopt MAXSEG 1024
    """)


@proves("RFC1191-3-6")
def test_then_half_of_it_and_no_less_than_min_pmtu(wire):
    wire.opened(mss=1400, tx_buffer=4096)
    wire.play("""
        0     us.write 1400
        0     ==> ACK  1:1401     ack=1
        1s    ==> ACK  1:1401     ack=1
        3s    ==> ACK  1:1025     ack=1
        7s    ==> ACK  1:1025     ack=1
        15s   ==> ACK  1:513      ack=1
        31s   ==> ACK  1:513      ack=1
        63s   ==> ACK  1:513      ack=1
        123s  ==> ACK  1:513      ack=1
        123s  us.stat PathBlackHoles 2
        124s  <== ACK  1          ack=513
        124s  ==> ACK  513:1025   ack=1
        124s  ==> ACK  1025:1401  ack=1
    """)


@proves("RFC1191-3-6")
def test_the_loss_of_a_short_segment_proves_nothing(wire):
    wire.opened(mss=1400)
    wire.play("""
        0     us.write 900
        0     ==> ACK  1:901  ack=1
        1s    ==> ACK  1:901  ack=1
        3s    ==> ACK  1:901  ack=1
        7s    ==> ACK  1:901  ack=1
        7s    us.stat PathBlackHoles 0
        7s    us.getsockopt MAXSEG 1400
    """)


@proves("RFC1191-3-6")
def test_the_search_can_be_switched_off(wire):
    wire.opened(mss=1400, tcp_mtu_probing=0)
    wire.play("""
        0     us.write 1400
        0     ==> ACK  1:1401  ack=1
        1s    ==> ACK  1:1401  ack=1
        3s    ==> ACK  1:1401  ack=1
        7s    ==> ACK  1:1401  ack=1
    """)


@proves("RFC1191-3-5")
def test_a_length_that_was_only_guessed_is_tried_again_too(wire):
    wire.opened(mss=1400, tx_buffer=4096)
    wire.play("""
        0     us.write 1400
        0     ==> ACK  1:1401     ack=1
        1s    ==> ACK  1:1401     ack=1
        3s    ==> ACK  1:1025     ack=1
        3010  <== ACK  1          ack=1401
        602s  us.getsockopt MAXSEG 1024
        603s  us.getsockopt MAXSEG 1400
    """)


@proves("RFC1191-3-6")
def test_without_room_for_the_code_packets_go_without_df(wire):
    try:
        from ferrule.tcp import errors
    except ImportError:  # the release form
        from ferrule import errors

    def no_room(t, p, what):
        raise MemoryError

    told = errors.told
    errors.told = no_room
    try:
        wire.opened(mss=1000)
        wire.play("""
            0     us.write 1000
            0     ==> ACK  1:1001  ack=1  df
            5     <== ICMP unreachable code=4 mtu=640
            6     <== ICMP unreachable code=1
            1000  ==> ACK  1:1001  ack=1  df=0
            3000  ==> ACK  1:1001  ack=1  df=0
        """)
    finally:
        errors.told = told


@proves("RFC1191-3-1")
def test_the_second_message_takes_no_heap_nor_does_what_follows(wire):
    wire.opened(mss=1000)
    wire.play("""
        0       us.write 1000
        0       ==> ACK  1:1001     ack=1
        5       <== ICMP unreachable code=4 mtu=900
        5       ==> ACK  1:861      ack=1
    """)
    wire.play("""
        9       <== ICMP unreachable code=4 mtu=640
        9       ==> ACK  1:601      ack=1
        15      <== ACK  1          ack=601
        15      ==> ACK  601:1001   ack=1
        16      <== ICMP unreachable code=1 qseq=601
        20      <== ACK  1          ack=1001
        601s    us.getsockopt MAXSEG 1000
        601s    us.grown 0
    """)
