"""A network interface of Linux, through an AF_PACKET socket of MicroPython's unix port.

    link = Packet("v1")

Needs CAP_NET_RAW: root, or a user namespace of one's own (`unshare -Urnm`, then `mount -t sysfs
sysfs /sys`, because the link reads /sys/class/net). Two things about the interface matter:

* Give it no IP address, or the host's own TCP meets our frames too and answers them with resets.
* On the other end of a veth switch the transmit offloads off (`ethtool -K NAME tx off tso off gso
  off gro off`), or its frames arrive with unfinished checksums and longer than 1514 bytes.

Which MAC address: by default one of our own, made from the interface's by setting the locally
administered bit and flipping the last one, so that the host's own stack takes frames for us as
somebody else's and stays silent. The interface is asked to pass frames for that address with
PACKET_ADD_MEMBERSHIP/PACKET_MR_UNICAST, which needs no promiscuous mode and ends with the socket.
Wi-Fi interfaces and some virtual ones carry frames of their own address only: give `mac=` the
interface's there.
"""

import select
import socket
import struct
import time
from errno import EAGAIN, ENOBUFS, ENODEV

from micropython import const

_ETHERNET_LEN = const(14)
_CARRIER_MS = const(200)  # how long an answer of isup() holds: it costs opening a file

# From linux/if_packet.h and linux/if_ether.h; the unix port has no names for them.
_AF_PACKET = const(17)
_SOCK_RAW = const(3)
_ETH_P_ALL = const(0x0300)  # 3 in network byte order
_SOL_PACKET = const(263)
_PACKET_ADD_MEMBERSHIP = const(1)
_PACKET_MR_UNICAST = const(3)
_ENETDOWN = const(100)
_EMSGSIZE = const(90)
_ENXIO = const(6)


class Packet:
    """The link that sends and receives on the interface `name`.

    The constructor raises OSError(ENODEV) when there is no such interface and OSError(EPERM)
    without the right to open packet sockets; both say so in words. Counters: `sent`, `received`,
    `busy`, `lost` (frames sent while the interface was down or longer than it takes, and frames
    that did not fit the receiver's buffer), `foreign` (frames for others, and our own).

    `recv_into` allocates, because the unix port's `recv` is the only call that keeps frames apart.
    """

    def __init__(self, name, mac=None, mtu=1500):
        self.name = name
        self.mtu = mtu
        self.mac = bytes(mac) if mac else _own_mac(name)
        self.sent = 0
        self.received = 0
        self.busy = 0
        self.lost = 0
        self.foreign = 0
        self._frame_len = mtu + _ETHERNET_LEN
        self._carrier = False
        self._carrier_at = None
        self._socket = _bound(int(_attribute(name, "ifindex")), self.mac)
        self._poller = select.poll()
        self._poller.register(self._socket, select.POLLIN)

    def send(self, frame, n):
        """Send n bytes of frame. False: the interface has no room for it, offer it again."""
        try:
            if self._socket.write(frame, n) is not None:
                self.sent += 1
                return True
        except OSError as error:
            if error.errno != ENOBUFS:
                self._count(error)
                return True
        self.busy += 1
        return False

    def recv_into(self, frame):
        """Move the oldest waiting frame for us into `frame`. Returns its length, or 0 when nothing
        waits.

        For us are frames to our MAC address and to every group address, unless we sent them
        ourselves.
        """
        while True:
            try:
                # One byte more than fits, so that a frame too long is noticed instead of cut.
                received = self._socket.recv(self._frame_len + 1)
            except OSError as error:
                if error.errno != EAGAIN:
                    self._count(error)
                return 0
            n = len(received)
            if n > self._frame_len or n < _ETHERNET_LEN or n > len(frame):
                self.lost += 1
            elif (received[0] & 1 or received[:6] == self.mac) and received[6:12] != self.mac:
                memoryview(frame)[:n] = received
                self.received += 1
                return n
            else:
                self.foreign += 1

    def _count(self, error):
        """Count what is the wire's fault; anything else is the program's and goes on up."""
        # ENXIO and ENODEV: the interface was removed under us, which is a pulled cable to whoever
        # waits for frames.
        if error.errno not in (_ENETDOWN, _EMSGSIZE, _ENXIO, ENODEV):
            raise error
        self.lost += 1

    def wait(self, ms):
        """Sleep until a frame waits, at most ms milliseconds."""
        for _ in self._poller.ipoll(ms):
            pass

    def isup(self):
        """True while the interface is up and has a carrier, as it was at most 200 ms ago."""
        now = time.ticks_ms()
        if self._carrier_at is None or time.ticks_diff(now, self._carrier_at) >= _CARRIER_MS:
            self._carrier_at = now
            self._carrier = self._socket is not None and _has_carrier(self.name)
        return self._carrier

    def close(self):
        """Close the socket; the interface forgets our address. A second call does nothing."""
        if self._socket is not None:
            self._poller.unregister(self._socket)
            self._socket.close()
            self._socket = None
            self._carrier_at = None


def _attribute(name, what):
    """The text of /sys/class/net/NAME/WHAT."""
    try:
        with open("/sys/class/net/%s/%s" % (name, what)) as file:
            return file.read().strip()
    except OSError:
        raise OSError(ENODEV, "no network interface %s in /sys/class/net" % name)


def _has_carrier(name):
    """Whether the interface has a carrier; the kernel refuses to say so (EINVAL) while it is
    administratively down."""
    try:
        with open("/sys/class/net/%s/carrier" % name) as file:
            return file.read().strip() == "1"
    except OSError:
        return False


def _own_mac(name):
    """A locally administered address that differs from the interface's and is the same at each
    start."""
    mac = bytearray(int(part, 16) for part in _attribute(name, "address").split(":"))
    mac[0] = (mac[0] | 2) & 0xFE
    mac[5] ^= 1
    return bytes(mac)


def _bound(ifindex, mac):
    """A non-blocking packet socket on the interface, which also passes frames for mac."""
    try:
        sock = socket.socket(_AF_PACKET, _SOCK_RAW, _ETH_P_ALL)
    except OSError as error:
        raise OSError(error.errno, "packet sockets need CAP_NET_RAW (root, or unshare -Urnm)")
    try:
        sock.bind(struct.pack("<HHiHBB8s", _AF_PACKET, _ETH_P_ALL, ifindex, 0, 0, 0, b""))
        member = struct.pack("<iHH8s", ifindex, _PACKET_MR_UNICAST, 6, mac)
        sock.setsockopt(_SOL_PACKET, _PACKET_ADD_MEMBERSHIP, member)
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock
