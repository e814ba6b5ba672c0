"""An ESP32 in its serial bootloader, as far as esptool looks, on a pseudo-terminal.

The protocol is told in esptool's documentation ("Serial Protocol"): SLIP frames, each with a
direction, a command, a length and a value.  The ROM's answers end with four bytes of status, those
of the stub that esptool loads into RAM with two.  What is written to the flash is in `flash`.
"""

import hashlib
import os
import pty
import struct
import threading
import tty
import zlib

END, ESC = b"\xc0", b"\xdb"
MAGIC_REGISTER = 0x40001000
ESP32_MAGIC = 0x00F01D83
SPI_W0 = 0x3FF42080
FLASH_4_MB = 0x1640EF  # JEDEC number: Winbond, 2 ** 0x16 bytes
ROM_SYNC = 0x20120707  # a stub answers 0
FLASH_SIZE = 4 * 1024 * 1024

SYNC, READ_REG, WRITE_REG = 0x08, 0x0A, 0x09
MEM_BEGIN, MEM_END, MEM_DATA = 0x05, 0x06, 0x07
DEFL_BEGIN, DEFL_DATA, DEFL_END, MD5 = 0x10, 0x11, 0x12, 0x13
SECURITY_INFO, ERASE_FLASH = 0x14, 0xD0


class FakeESP32:
    """A context manager: `port` is the terminal's name, `commands` what was asked, in order."""

    def __init__(self, magic=ESP32_MAGIC):
        self.registers = {MAGIC_REGISTER: magic, SPI_W0: FLASH_4_MB}
        self.flash = bytearray(b"\xff" * FLASH_SIZE)
        self.commands = []
        self.stub = False
        self.damage = False  # one byte of what is written gets lost

    def __enter__(self):
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.port = os.ttyname(self.slave)
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        os.close(self.slave)  # ends serve's read
        os.close(self.master)

    def serve(self):
        pending = b""
        while True:
            try:
                pending += os.read(self.master, 4096)
            except OSError:
                return
            while pending.count(END) >= 2:
                frame, _, pending = pending.partition(END)[2].partition(END)
                frame = frame.replace(ESC + b"\xdc", END).replace(ESC + b"\xdd", ESC)
                if len(frame) >= 8 and frame[0] == 0:
                    self.answer(frame[1], frame[8:])

    def send(self, payload):
        payload = payload.replace(ESC, ESC + b"\xdd").replace(END, ESC + b"\xdc")
        os.write(self.master, END + payload + END)

    def reply(self, command, value=0, data=b"", failed=0):
        status = bytes([failed, 5 if failed else 0]) + (b"" if self.stub else bytes(2))
        body = data + status
        self.send(struct.pack("<BBHI", 1, command, len(body), value) + body)

    def answer(self, command, data):
        self.commands.append(command)
        if command == SYNC:
            for _ in range(8):
                self.reply(command, 0 if self.stub else ROM_SYNC)
        elif command == READ_REG:
            self.reply(command, self.registers.get(struct.unpack("<I", data)[0], 0))
        elif command == WRITE_REG:
            self.reply(command)
        elif command == SECURITY_INFO:
            self.reply(command, failed=1)  # as the ESP32's ROM, which does not know it
        elif command == MEM_END:
            self.reply(command)
            self.stub = True
            self.send(b"OHAI")
        elif command in (DEFL_BEGIN, DEFL_DATA, MD5, ERASE_FLASH):
            self.to_flash(command, data)
        else:
            self.reply(command)

    def to_flash(self, command, data):
        if command == DEFL_BEGIN:
            self.at = struct.unpack_from("<4I", data)[3]
            self.inflate = zlib.decompressobj()
        elif command == DEFL_DATA:
            size = struct.unpack_from("<I", data)[0]
            plain = self.inflate.decompress(data[16:16 + size])
            if self.damage and plain:
                plain = bytes([plain[0] ^ 1]) + plain[1:]
            self.flash[self.at:self.at + len(plain)] = plain
            self.at += len(plain)
        elif command == ERASE_FLASH:
            self.flash[:] = b"\xff" * FLASH_SIZE
        elif command == MD5:
            at, size = struct.unpack_from("<2I", data)
            self.reply(command, data=hashlib.md5(self.flash[at:at + size]).digest())
            return
        self.reply(command)
