"""The textbook's run: how a congestion window grows, round trip for round trip, and what a loss
makes of it.

    micropython host_tests/sim/textbook.py tahoe|reno

The sender is the stack.  At the other end of a path of 100 ms a receiver acknowledges every
segment of 1000 bytes.  The first flight, of 32 segments, is lost, which leaves a window of one
segment and a threshold of 16.  When the window is 24 segments, tahoe loses the whole flight, so
that its timer ends, and reno the flight's first segment, which draws duplicate ACKs.  Prints
"round, ms, cwnd, ssthresh, segments sent, event" for each flight.  Runs inside MicroPython.
"""

import sys

import layout_words as w
import packets
from ladder import lines_of
from wire import Wire

MSS = 1000
RTT = 100
FIRST = 32  # segments of the flight that sets the threshold
PEAK = 24  # segments of the flight that meets a loss
ROUNDS = 22
_RECOVERY = 1 << 16


class Receiver:
    """Acknowledges each segment at once; ACKs arrive a round trip after it was sent."""

    def __init__(self, wire):
        self.wire = wire
        self.next = 1
        self.kept = set()

    def take(self, number, n):
        """A segment of n bytes arrives."""
        self.kept.add((number, number + n))
        moved = True
        while moved:
            moved = False
            for first, last in list(self.kept):
                if first <= self.next:
                    self.next = max(self.next, last)
                    self.kept.remove((first, last))
                    moved = True
        (line,) = lines_of("0 <== ACK 1 ack=%d" % self.next)
        packets.arrive(self.wire, line, self.wire.clock.now + RTT)


class Path:
    """Carries flights, and loses what the book loses."""

    def __init__(self, wire, name):
        self.wire = wire
        self.name = name
        self.receiver = Receiver(wire)
        self.hits = 0

    def carry(self, flight, cwnd):
        """What happens to the segments of a flight, [(number, length)]. Returns the event."""
        event = ""
        if self.hits == 0 or self.hits == 1 and cwnd == PEAK * MSS:
            self.hits += 1
            if self.hits == 1 or self.name == "tahoe":
                return "the flight is lost"
            flight = flight[1:]
            event = "its first segment is lost"
        for number, n in flight:
            self.receiver.take(number, n)
        return event


def run(name):
    """[(round, ms, cwnd, ssthresh, segments, event)], windows in bytes."""
    wire = Wire()
    wire.connected(
        mss=MSS, win=65535, rtt=RTT, connections=1, rx_buffer=1024, tx_buffer=49152,
        configure={"initcwnd": FIRST, "tcp_congestion_control": name},
    )  # fmt: skip
    wire.mark()
    sock = wire.socket()
    r = sock.p.r
    path = Path(wire, name)
    text = bytes(MSS)
    rows = []
    flow = wire.flow()
    while len(rows) < ROUNDS:
        while sock.write(text):
            pass
        wire.pump()
        if not wire.seen:
            wire.advance(wire.clock.now + 10_000)
            if not wire.seen:
                break
        flight = [(packets.relative(f.seq, flow.iss), len(f.data)) for f in wire.seen if f.data]
        wire.seen = []
        if not flight:
            continue
        cwnd = r[w.CWND]
        event = path.carry(flight, cwnd)
        if wire.stat("TCPTimeouts") == len([row for row in rows if "timeout" in row[5]]) + 1:
            event = "timeout"
        elif r[w.FLAGS] & _RECOVERY:
            event = "three duplicate ACKs, the window inflated to %d" % (cwnd // MSS)
            cwnd = r[w.SSTHRESH]
        rows.append((len(rows), wire.now(), cwnd, r[w.SSTHRESH], len(flight), event))
    wire.dispose()
    return rows


def main(name):
    """Print the run."""
    for row in run(name):
        print("%d %d %d %d %d %s" % row)


if __name__ == "__main__":
    main(sys.argv[1])
