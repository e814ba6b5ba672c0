"""The device's side of the field tests: it keeps one connection to a peer, talks on it, and says
on its console what becomes of it.  `python -m tools.fieldtest` starts it and is the peer.

    import fieldtest; fieldtest.run({"peer": ["192.168.1.5", 5007]})      # on a board
    micropython firmware/fieldtest.py '{"peer": ["10.9.0.1", 5007]}'      # on the unix port

A setting is named as the argument of Reconnecting that it is: keepalive, user_timeout, back_off.
Besides: beat_ms (time between two lines to the peer; 0: one line on each connection, then
silence), address (four strings, in place of the board's).  The peer answers each line; a line of
its own is a command: `!link MS` pulls the link for MS milliseconds, `!address TEXT` changes our
address.

What is said are lines that begin with @ and go on as JSON: at (ms of the clock), what, and more.
"""

import json
import sys

_FAR_MS = 1000
_GAPS = 3  # beats without an answer that are a gap


class Plug:
    """A link with a plug that can be pulled, and that knows when TCP came in last."""

    def __init__(self, link):
        self.link = link
        self.mac = link.mac
        self.mtu = link.mtu
        self.close = link.close
        self.plugged = True
        self.clock = [0]  # the stack's record of the host, which begins with NOW
        self.heard_at = 0
        if hasattr(link, "wait"):
            self.wait = link.wait
        if hasattr(link, "irq"):
            self.irq = link.irq

    def isup(self):
        return self.plugged and self.link.isup()

    def send(self, frame, n):
        return self.link.send(frame, n) if self.plugged else True

    def recv_into(self, frame):
        n = self.link.recv_into(frame)
        while n and not self.plugged:
            n = self.link.recv_into(frame)
        if n and frame[12] == 8 and frame[13] == 0 and frame[23] == 6:
            self.heard_at = self.clock[0]
        return n


class FieldTest:
    """One run: see the head of this file."""

    def __init__(self, board, settings):
        import time

        import ferrule
        from ferrule.reconnect import Reconnecting

        self.ticks_ms = time.ticks_ms
        self.beat_ms = settings.get("beat_ms", 0)
        self.link = Plug(board.make_link())
        self.net = ferrule.Stack(
            self.link, random=getattr(board, "random", None), connections=3, half_open=1,
            time_wait=4, listeners=1,
        )
        self.link.clock = self.net.h
        self.net.active(True)
        self.net.ifconfig(settings.get("address") or address_of(board))
        chosen = {k: settings[k] for k in ("keepalive", "user_timeout", "back_off")
                  if k in settings}
        self.client = Reconnecting(self.net, tuple(settings["peer"]), report=self.report, **chosen)
        self.client.setblocking(False)
        self.count = 0  # lines written
        self.due = self.beat_at = self.answer_at = self.now()  # due: of the next turn
        self.plug_at = None
        self.fresh = False  # nothing was answered on this connection yet
        self.line = b""

    def now(self):
        return self.ticks_ms() & 0x3FFFFFFF

    def since(self, at):
        """ms from `at` to now, negative while `at` is to come."""
        return ((self.now() - at & 0x3FFFFFFF) ^ 0x20000000) - 0x20000000

    def say(self, what, at=None, **more):
        more["at"] = self.now() if at is None else at
        more["what"] = what
        print("@" + json.dumps(more))

    def report(self, at, what, why, err, n):
        """Reconnecting's events, as lines."""
        if what == "lost":
            silent = at - self.link.heard_at & 0x3FFFFFFF
            late = max(0, self.since(self.due))  # that we are, against what the stack asked for
            self.say(what, at, why=why, errno=err, unacked=n, silent=silent, late=late)
        elif what == "failed":
            self.say(what, at, why=why, errno=err, next=n)
        else:
            self.say(what, at, n=n)
        if what == "back":
            self.fresh = True
            self.beat_at = at

    def run(self):
        self.say("ready", address=self.net.ifconfig()[0])
        while True:
            left = self.client.turn()
            try:
                self.listen()
                left = min(left, self.speak(), self.plug_in())
            except OSError:
                left = 0  # the loss has been reported
            self.due = self.link.clock[0] + left & 0x3FFFFFFF
            if left:
                self.net.wait(left)

    def speak(self):
        """Write a line when it is time.  ms to the next."""
        client = self.client
        if not client.isconnected() or not self.beat_ms and not self.fresh:
            return _FAR_MS
        left = -self.since(self.beat_at)
        if left > 0:
            return min(left, _FAR_MS)
        self.count += 1
        client.write(b"line %d\n" % self.count)
        self.beat_at = self.now() + (self.beat_ms or 1 << 28) & 0x3FFFFFFF
        return self.beat_ms or _FAR_MS

    def listen(self):
        """Take what the peer says."""
        while True:
            more = self.client.recv(64)
            if not more:
                return
            self.line += more
            while b"\n" in self.line:
                line, self.line = self.line.split(b"\n", 1)
                self.heard(line)

    def heard(self, line):
        if line[:1] == b"!":
            self.command(*line[1:].decode().split(" "))
            return
        gap = self.since(self.answer_at)
        self.answer_at = self.now()
        if self.fresh:
            self.fresh = False
            self.say("heard", line=line.decode())
        elif self.beat_ms and gap > _GAPS * self.beat_ms:
            self.say("resumed", gap=gap)

    def command(self, name, value):
        if name == "link":
            self.link.plugged = False
            self.say("link", up=0)
            self.plug_at = self.now() + int(value) & 0x3FFFFFFF
        elif name == "address":
            before = self.net.ifconfig()
            self.say("address", address=value)
            self.net.ifconfig((value,) + before[1:])

    def plug_in(self):
        """Put the plug in again when it is time.  ms until then."""
        if self.plug_at is None:
            return _FAR_MS
        left = -self.since(self.plug_at)
        if left > 0:
            return min(left, _FAR_MS)
        self.plug_at = None
        self.link.plugged = True
        self.say("link", up=1)
        return 0


def address_of(board):
    """What ifconfig() takes: as settings.py says, which tools.flash writes, or the board."""
    try:
        from settings import ADDRESS
    except ImportError:
        ADDRESS = None
    return ADDRESS or board.address()


def run(settings):
    """Run until interrupted.  `board` has to be on sys.path."""
    import board

    test = FieldTest(board, settings)
    try:
        test.run()
    except KeyboardInterrupt:
        pass
    test.net.active(False)
    test.link.close()


def main():
    folder = __file__.rsplit("/", 1)[0] if "/" in __file__ else "."
    for path in (folder, folder + "/../lib", folder + "/../boards/unix"):
        if path not in sys.path:
            sys.path.append(path)
    if len(sys.argv) != 2:
        print("usage: FERRULE_LINK=... FERRULE_IP=... micropython fieldtest.py JSON",
              file=sys.stderr)
        sys.exit(2)
    run(json.loads(sys.argv[1]))


if __name__ == "__main__" and "__file__" in globals():
    main()
