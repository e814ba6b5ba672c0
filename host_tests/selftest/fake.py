"""A stack that is none: it sends the frames that a test gives it, at the times that the test
gives."""

import frames

US = b"\x0a\x09\x00\x02"
THEM = b"\x0a\x09\x00\x01"
US_MAC = b"\x02\x00\x00\x00\x00\x02"
THEM_MAC = b"\x02\x00\x00\x00\x00\x01"
_MASK = (1 << 30) - 1


class Fake:
    """The part of a Stack's face that ladders touch."""

    def __init__(self, link, ticks_ms=None, random=None, **limits):
        self.link = link
        self.ticks_ms = ticks_ms
        self.start = ticks_ms()
        self.plan = []  # (ms after the start, frame)
        self.got = []
        self.rows = []
        self.counters = {"InSegs": 0}
        self._frame = bytearray(1514)

    def active(self, on):
        pass

    def ipconfig(self, **values):
        pass

    def config(self, **values):
        pass

    def netstat(self):
        return self.rows

    def stats(self):
        return self.counters

    def now(self):
        return (self.ticks_ms() - self.start) & _MASK

    def poll(self):
        while True:
            n = self.link.recv_into(self._frame)
            if not n:
                break
            self.got.append((self.now(), bytes(self._frame[:n])))
            self.counters["InSegs"] += 1
        for entry in list(self.plan):
            if entry[0] <= self.now() and self.link.send(entry[1], len(entry[1])):
                self.plan.remove(entry)
        due = [entry[0] - self.now() for entry in self.plan]
        return min(due + [1000])


def segment(
    seq, ack, flags, win=2048, data=b"", options=b"", port=5000, bad_sum=False, urgent=0, **broken
):
    """A frame as the stack would send it to the gateway; our first sequence number is 1000."""
    tcp = frames.tcp(
        US, THEM, 80, port, 1000 + seq, ack, flags, win, data, options, urgent, bad_sum=bad_sum
    )
    return frames.eth(
        THEM_MAC, US_MAC, frames.ETH_IP, frames.ip(US, THEM, frames.TCP, tcp, **broken)
    )
