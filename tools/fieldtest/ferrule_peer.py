"""The peer of a field test where the kernel gives no namespace: what peer.py does, over a ferrule
stack of its own.

    micropython ferrule_peer.py PORT UDPPORT PEERPORT ADDRESS
"""

import json
import select
import sys

FOLDER = __file__.rsplit("/", 1)[0] if "/" in __file__ else "."
sys.path.append(FOLDER + "/../../lib")

import ferrule  # noqa: E402
from ferrule.link.udp import Udp  # noqa: E402


def tell(what, **more):
    more["what"] = what
    print(json.dumps(more))


class Peer:
    """The server and its connections."""

    def __init__(self, port, udp_port, peer_port, address):
        self.port = port
        self.address = address
        self.link = Udp(udp_port, peer_port)
        self.poller = select.poll()
        self.poller.register(sys.stdin, select.POLLIN)
        self.churn = 0
        self.boot()

    def boot(self):
        """A stack that knows of nothing."""
        self.net = ferrule.Stack(self.link, connections=8, time_wait=256)
        self.net.ifconfig((self.address, "255.255.255.0", "0.0.0.0", "0.0.0.0"))
        self.net.active(True)
        self.listener = None
        self.connections = []

    def start(self):
        self.listener = self.net.socket()
        self.listener.setblocking(False)
        self.listener.bind(("0.0.0.0", self.port))
        self.listener.listen(8)

    def do(self, command):
        name = command["do"]
        if name == "start":
            self.start()
        elif name == "forget":
            self.boot()
            self.start()
        elif name == "churn":
            self.churn = command["n"]
        elif name == "say":
            for sock in self.connections:
                sock.write(command["text"] + "\n")
        else:
            if name == "stop":
                self.listener.close()
                self.listener = None
            for sock in self.connections:
                if name == "stop":
                    sock.close()
                else:
                    sock.abort()
            self.connections = []
        tell("done", do=name)

    def accept(self):
        try:
            sock, address = self.listener.accept()
        except OSError:
            return
        sock.setblocking(False)
        self.connections.append(sock)
        more = {"from": list(address)}
        tell("accepted", **more)

    def serve(self, sock):
        try:
            data = sock.read(256)
        except OSError:
            data = b""
        if data is None:
            return
        if not data:
            sock.close()
            self.connections.remove(sock)
            tell("ended")
            return
        sock.write(data)
        if self.churn and b"\n" in data:
            self.churn -= 1
            self.net.poll()
            sock.abort()
            self.connections.remove(sock)

    def run(self):
        tell("ready")
        while True:
            ms = self.net.poll()
            if self.listener is not None:
                self.accept()
            for sock in list(self.connections):
                self.serve(sock)
            for _ in self.poller.ipoll(0):
                line = sys.stdin.readline()
                if not line:
                    return
                self.do(json.loads(line))
            self.net.wait(min(ms, 5))


Peer(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]).run()
