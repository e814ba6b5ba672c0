"""Lines of ladders about many segments: what one window sends, what acknowledges it.

    wire.play(written(0, 1, 1000))         # us.write 1000, and ten segments of 100
    wire.play(flight(20, 1001, 1201))      # two segments
"""


def flight(at, first, last, mss=100):
    """The text from number `first` to before `last` is sent at `at`, in segments of `mss`."""
    return "\n".join(
        "%d ==> ACK %d:%d ack=1" % (at, n, min(n + mss, last)) for n in range(first, last, mss)
    )


def written(at, first, n, mss=100, sent=None):
    """The program writes n bytes, and `sent` of them (all) go out at once from number `first`."""
    last = first + (n if sent is None else sent)
    return "%d us.write %d\n%s" % (at, n, flight(at, first, last, mss))


def acked(at, number, times=1, more=""):
    """`times` ACKs of everything before `number` arrive at `at`."""
    return "\n".join(["%d <== ACK 1 ack=%d %s" % (at, number, more)] * times)
