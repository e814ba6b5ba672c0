"""The wire between the device and its peer: one Ethernet frame per datagram, captured where the
device sits, and cut without either side's link going down.
"""

import contextlib
import selectors
import socket
import threading
import time

from scapy.utils import RawPcapWriter

LONGEST = 2048
ETHERNET = 1
TCP_AT = 14 + 20  # of a frame whose IP header has no options: neither side sends any
RST = 4


class Wire:
    """Carries frames between `near`, a UDP port of 127.0.0.1 whose owner is the device, and `far`,
    a datagram socket.

    capture: path of the pcap. tcp: [(time.monotonic(), "out" or "in", TCP flags)] of every TCP
    frame that left the device or reached it.
    """

    def __init__(self, port, device_port, far, capture):
        self.near = socket.socket(type=socket.SOCK_DGRAM)
        self.near.bind(("127.0.0.1", port))
        self.near.connect(("127.0.0.1", device_port))
        self.far = far
        self.whole = True
        self.tcp = []
        self.writer = RawPcapWriter(str(capture), linktype=ETHERNET)
        self.writer.write_header(None)
        self.ours, self.stopper = socket.socketpair()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def cut(self):
        """Carry nothing from here on. Both links stay up."""
        self.whole = False

    def join(self):
        self.whole = True

    def run(self):
        with selectors.DefaultSelector() as selector:
            for sock in (self.near, self.far, self.stopper):
                selector.register(sock, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self.stopper:
                        return
                    with contextlib.suppress(OSError):  # refused: nobody is at that end now
                        self.carry(key.fileobj)

    def carry(self, source):
        frame = source.recv(LONGEST)
        outward = source is self.near
        if outward or self.whole:
            self.note("out" if outward else "in", frame)
        if self.whole:
            (self.far if outward else self.near).send(frame)

    def note(self, way, frame):
        now = time.time()
        self.writer.write_packet(frame, sec=int(now), usec=int(now % 1 * 1e6))
        if frame[12:14] == b"\x08\x00" and frame[23] == 6:
            self.tcp.append((time.monotonic(), way, frame[TCP_AT + 13]))

    def close(self):
        """End the thread and the capture."""
        self.ours.close()
        self.thread.join(5)
        self.writer.close()
        for sock in (self.near, self.far, self.stopper):
            sock.close()
