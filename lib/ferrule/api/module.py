"""`import socket` for programs that know nothing of ferrule: the constants and functions of
MicroPython's module.
"""

import sys


class Module:
    """Stands in sys.modules under the name socket.  Values are Linux's; programs use the names."""

    AF_INET = 2
    AF_INET6 = 10
    SOCK_STREAM = 1
    SOCK_DGRAM = 2
    SOCK_RAW = 3
    IPPROTO_IP = 0
    IPPROTO_TCP = 6
    IPPROTO_UDP = 17
    SOL_SOCKET = 1
    SO_REUSEADDR = 2
    SO_ERROR = 4
    SO_BROADCAST = 6
    SO_SNDBUF = 7
    SO_RCVBUF = 8
    SO_KEEPALIVE = 9
    SO_LINGER = 13
    IP_TOS = 1
    IP_OPTIONS = 4
    IP_MTU_DISCOVER = 10
    IP_RECVERR = 11
    IP_MTU = 14
    TCP_NODELAY = 1
    TCP_MAXSEG = 2
    TCP_KEEPIDLE = 4
    TCP_KEEPINTVL = 5
    TCP_KEEPCNT = 6
    TCP_INFO = 11
    TCP_CONGESTION = 13
    TCP_USER_TIMEOUT = 18
    SIOCATMARK = 0x8905
    MSG_OOB = 1
    MSG_PEEK = 2
    MSG_DONTWAIT = 0x40
    SHUT_RD = 0
    SHUT_WR = 1
    SHUT_RDWR = 2

    def __init__(self, net):
        self.socket = net.socket
        self.getaddrinfo = net.getaddrinfo


def install(net):
    sys.modules["socket"] = Module(net)
