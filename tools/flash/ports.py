"""Which serial port is the board's, and why it cannot be opened."""

import errno
import pathlib

import serial
from serial.tools import list_ports

from tools.flash import Trouble
from tools.flash.boards import USB_VENDORS

_REASONS = {
    errno.ENOENT: "there is no port %s; is the board plugged in?",
    errno.ENODEV: "there is no port %s; is the board plugged in?",
    errno.ENXIO: "there is no port %s; is the board plugged in?",
    errno.EACCES: "no permission to open %s: on Linux, `sudo usermod -aG dialout $USER` and a new"
    " login give it.",
    errno.EPERM: "no permission to open %s: on Linux, `sudo usermod -aG dialout $USER` and a new"
    " login give it.",
    errno.EBUSY: "%s is in use by another program: end it, a terminal or an editor for example.",
    errno.EAGAIN: "%s is in use by another program: end it, a terminal or an editor for example.",
    errno.EIO: "%s does not answer as a serial port: has the board been unplugged?",
}


def why(port, number, text=""):
    """The sentence for a port that cannot be opened, from an errno."""
    return _REASONS.get(number, "%s cannot be opened: " + text.rstrip(".") + ".") % port


def candidates(platform):
    """Ports whose USB vendor fits a platform, as pyserial's objects, in order of their names."""
    vendors = USB_VENDORS.get(platform, {})
    return sorted(p for p in list_ports.comports() if p.vid in vendors)


def described(port):
    """One word or two about a port of pyserial's."""
    return "%s (%04x:%04x%s)" % (
        port.device, port.vid or 0, port.pid or 0,
        ", " + port.product if port.product else "",
    )


def find(board, named=None):
    """(device, description) of the board's port.

    Trouble: `named` cannot be opened, or without a name there is none that fits, or several.
    """
    if named:
        check(named)
        return named, named
    fitting = candidates(board.platform)
    if not fitting:
        vendors = ", ".join(sorted(set(USB_VENDORS.get(board.platform, {}).values())))
        raise Trouble(
            "no board found for %s: no serial port %s; plug it in, or name its port with --port."
            % (board.name, "of " + vendors if vendors else "is known for it")
        )
    if len(fitting) > 1:
        raise Trouble("several ports may be the board's: %s; name one with --port." % (
            ", ".join(described(port) for port in fitting)))
    check(fitting[0].device)
    return fitting[0].device, described(fitting[0])


def check(device):
    """Open and close a port.  Trouble: it cannot be."""
    if "://" not in device and not device.upper().startswith("COM"):
        if not pathlib.Path(device).exists():
            raise Trouble(why(device, errno.ENOENT))
    try:
        port = serial.serial_for_url(device, do_not_open=True, exclusive=True)
        port.open()
        port.close()
    except (serial.SerialException, OSError, ValueError) as error:
        raise Trouble(why(device, number_of(error), str(error))) from None


def number_of(error):
    """The errno of what pyserial raises: it wraps the system's error, here and there in text."""
    if getattr(error, "errno", None):
        return error.errno
    if "exclusively lock" in str(error):
        return errno.EBUSY
    context = error.__context__
    return getattr(context, "errno", None)
