"""Bytes of heap: the stack alone, and the whole echo device."""

import gc
import os  # not in Disk.stat(): searched for on sys.path there, it would call stat() again
import sys


def used():
    gc.collect()
    return gc.mem_alloc()


def hide_the_rom(vfs, io, folders):
    """Serve /rom through plain files, so that code is copied to the heap as from a flash file
    system.
    """

    class Plain(io.IOBase):
        def __init__(self, f):
            self.f = f

        def readinto(self, buf):
            return self.f.readinto(buf)

        def read(self, n=-1):
            return self.f.read(n)

        def ioctl(self, request, arg):
            if request == 4:
                self.f.close()
            return 0

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.f.close()

    class Disk:
        def mount(self, readonly, mkfs):
            pass

        def umount(self):
            pass

        def chdir(self, path):
            pass

        def stat(self, path):
            return os.stat("/rom" + path)

        def open(self, path, mode):
            return Plain(open("/rom" + path, mode))

    vfs.mount(Disk(), "/flash")
    sys.path[:] = ["/flash/" + name for name in folders]


def stack():
    """The default profile, code excluded."""
    from ferrule import Stack
    from ferrule.link.lan9118 import LAN9118

    link = LAN9118()
    Stack(link, random=lambda n: bytes(n))  # loads what it imports: code
    before = used()
    net = Stack(link, random=lambda n: bytes(n))
    after = used()
    print("heap_stack_bytes", after - before)
    print("time_wait_record_bytes", 4 * len(net.tcp.tw) // net.tcp.tw_n)
    print("half_open_record_bytes", 4 * len(net.tcp.half) // net.tcp.half_n)
    n = len(net.tcp.pcbs)
    print("connection_record_bytes", (4 * len(net.tcp.tcbs) + 2 * len(net.tcp.tcqs)) // n)


def device(key, before):
    """The device as main.py builds it."""
    import board
    import main

    kept = main.device(board)
    kept[0].poll()
    kept[1].turn()
    print(key, used() - before)
    return kept
