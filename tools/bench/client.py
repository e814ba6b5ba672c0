"""The client of the heap measurement: it asks the device on the board for all that it can answer,
so that what the device loads on the way is in the figure.
"""

import http.client
import json
import socket
import threading

TIMEOUT_S = 20
_LONG = bytes(range(256)) * 20


def _echoed(body):
    return lambda status, answer: status == 200 and answer == body


def _is_json(status, answer):
    return status == 200 and bool(json.loads(answer)["connections"])


# method, target, body (an iterable goes out in chunks), whether the answer is right
REQUESTS = (
    ("GET", "/", None, lambda status, answer: status == 200 and b"ESTABLISHED" in answer),
    ("GET", "/netstat", None, _is_json),
    ("GET", "/echo/a?b=c", None, lambda status, answer: b"GET /echo/a?b=c HTTP/1.1" in answer),
    ("POST", "/echo", b"0123456789abcdef" * 4, _echoed(b"0123456789abcdef" * 4)),
    ("PUT", "/echo", _LONG, _echoed(_LONG)),
    ("POST", "/echo", (_LONG[:1000], _LONG[1000:]), _echoed(_LONG)),
    ("HEAD", "/", None, lambda status, answer: status == 200 and not answer),
    ("GET", "/nothing", None, lambda status, answer: status == 404),
    ("POST", "/", b"x", lambda status, answer: status == 405),
)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Client:
    """Asks once for each of REQUESTS, in a thread of its own, as soon as the board says `up`."""

    def __init__(self):
        self.port = free_port()
        self.wrong = []
        self.thread = None
        self.said = b""

    def hear(self, data):
        """Take what the board prints (bytes)."""
        self.said += data
        if self.thread is None and b"up" in self.said:
            self.thread = threading.Thread(target=self.run, daemon=True)
            self.thread.start()

    def run(self):
        for method, target, body, right in REQUESTS:
            try:
                status, answer = self.ask(method, target, body)
                if not right(status, answer):
                    self.wrong.append("%s %s: %d %r" % (method, target, status, answer[:60]))
            except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
                self.wrong.append("%s %s: %r" % (method, target, error))

    def ask(self, method, target, body):
        """(status, body) of the answer on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
        try:
            connection.request(method, target, body, {"Connection": "close"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def end(self):
        """What went wrong, in one sentence, or None."""
        if self.thread is not None:
            self.thread.join(TIMEOUT_S)
        return self.wrong[0] if self.wrong else None
