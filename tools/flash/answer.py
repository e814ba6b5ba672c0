"""Starting the device, and whether it answers."""

import http.client
import re
import time

from tools.flash import Trouble

UP = re.compile(r"^ferrule: http://([0-9.]+)/ is up", re.MULTILINE)
_PROMPT = re.compile(r"^>>> ", re.MULTILINE)


def started(device, seconds, say):
    """The address that the device names in its line "ferrule: http://.../ is up".

    Trouble: its program ends before, or says nothing for so long.
    """
    said, told = "", 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        fresh = device.output(min(0.5, max(0.01, end - time.monotonic())))
        said += fresh.replace("\r\n", "\n")
        found = UP.search(said)
        if found:
            return found.group(1)
        if ended(said):
            raise Trouble("the device did not start: %s." % reason(said))
        whole = said.rpartition("\n")[0]
        for line in whole[told:].splitlines():
            if line.startswith("ferrule: "):
                say(line[len("ferrule: "):].strip())
        told = len(whole)
    raise Trouble("the device did not say that it is up within %d s%s." % (
        seconds, ": its last words are %r" % reason(said) if said.strip() else ""))


def ended(said):
    """Whether main.py is over: the prompt is back, or the board starts a second time."""
    after = said.partition("soft reboot")[2]
    return bool(_PROMPT.search(after)) or "soft reboot" in after


def reason(said):
    """The last line that says something, without the REPL's own."""
    after = said.partition("soft reboot")[2] or said
    lines = [line.strip() for line in after.splitlines()]
    own = ("MicroPython v", "Type \"help", ">>>", "MPY: ", "raw REPL")
    lines = [line for line in lines if line and not line.startswith(own)]
    return lines[-1].removeprefix("ferrule: ").rstrip(".") if lines else "it says nothing"


def ask(host, port, seconds):
    """(status, bytes) of the device's page.  Trouble: it does not answer, or with something
    else."""
    end = time.monotonic() + seconds
    while True:
        try:
            connection = http.client.HTTPConnection(host, port, timeout=5)
            connection.request("GET", "/")
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
            break
        except (OSError, http.client.HTTPException) as error:
            if time.monotonic() > end:
                raise Trouble(
                    "the device is up, but this computer gets no answer from http://%s:%d/ (%s);"
                    " is it on the same network? --no-http leaves this check out." % (
                        host, port, getattr(error, "strerror", None) or error)) from None
            time.sleep(0.5)
    server = answer.getheader("Server") or "no name"
    if answer.status != 200 or server != "ferrule":
        raise Trouble("what answers at http://%s:%d/ is not the device: status %d from %s." % (
            host, port, answer.status, server))
    return answer.status, len(body)
