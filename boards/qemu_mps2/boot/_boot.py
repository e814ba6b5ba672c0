"""Mounts the board's disk: the part of its PSRAM from 0x21800000 on, which outlives a soft reset.

The word at 0x217ffffc says how many blocks of 4096 bytes it has; QEMU puts it there (QemuBoard's
`disk_kb`).  A disk without a file system is formatted, as real boards do with their flash at the
first start.
"""

import sys

import machine
import uctypes
import vfs

_DISK = 0x21800000
_BLOCKS = _DISK - 4
_BLOCK = 4096


class Disk:
    """A block device with the extended interface that VfsLfs2 asks for."""

    def __init__(self, blocks):
        self.blocks = blocks
        self.bytes = memoryview(uctypes.bytearray_at(_DISK, blocks * _BLOCK))

    def readblocks(self, block, buf, offset=0):
        start = block * _BLOCK + offset
        buf[:] = self.bytes[start:start + len(buf)]

    def writeblocks(self, block, buf, offset=0):
        start = block * _BLOCK + offset
        self.bytes[start:start + len(buf)] = buf

    def ioctl(self, what, argument):
        # 4 asks for the number of blocks, 5 for their size, 6 for one to be erased.
        return {4: self.blocks, 5: _BLOCK}.get(what, 0)


def mount():
    blocks = machine.mem32[_BLOCKS]
    if not blocks:
        return
    disk = Disk(blocks)
    try:
        files = vfs.VfsLfs2(disk)
    except OSError:
        vfs.VfsLfs2.mkfs(disk)
        files = vfs.VfsLfs2(disk)
    vfs.mount(files, "/")
    sys.path.append("/lib")


mount()
