"""The echo device: an HTTP server on ferrule.

On a board, `board` (the board's folder of boards/) and `ferrule` are on sys.path.  On the unix
port, `micropython firmware/main.py` finds both beside itself in the source tree, with boards/unix
as the board.

A board is a module with
    make_link()     the link: an object as ferrule's links are
    address()       (address, mask, gateway, dns), four strings, or "dhcp"
and, if it wants to,
    limits()        keyword arguments of ferrule.Stack, such as connections and rx_buffer
    random(n)       n unpredictable bytes, where os.urandom is missing or poor
    http_limits()   keyword arguments of httpd.Server
A module `settings`, if there is one, belongs to the one device: see lan.py.
"""

import sys

_PORT = 80
_AGAIN_S = 5


def find_modules(here):
    """Extends sys.path so that this folder, lib/ and a board can be imported."""
    folder = here.rsplit("/", 1)[0] if "/" in here else "."
    root = folder + "/.."
    for path in (folder, root + "/lib", root + "/boards/unix"):
        if path not in sys.path:
            sys.path.append(path)


def device(board, port=_PORT):
    """The device on the given board: (net, server), ready to run."""
    import ferrule
    from echo import Echo
    from httpd import Server

    limits = board.limits() if hasattr(board, "limits") else {}
    net = ferrule.Stack(board.make_link(), random=getattr(board, "random", None), **limits)
    try:
        import settings
    except ImportError:
        settings = None
    address = getattr(settings, "ADDRESS", None) or board.address()
    if settings is None and address != "dhcp":
        net.ifconfig(address)
    else:
        from lan import begin

        begin(net, address, settings)
    net.active(True)
    more = board.http_limits() if hasattr(board, "http_limits") else {}
    if "buffer" not in more:
        # A request head has to fit into the rings, its answer too.
        rings = limits.get("rx_buffer", 2048), limits.get("tx_buffer", 2048) - 120
        more["buffer"] = min(1024, *rings)
    server = Server(net, Echo(net), port=port, connections=limits.get("connections", 4), **more)
    return net, server


def main():
    """Starts the device and serves for ever.  A mistake in the board's settings ends it with one
    sentence and exit code 2, which to a board means: once more.  It gets five seconds then."""
    if "__file__" in globals():
        find_modules(__file__)
    import board

    net = None
    try:
        net, server = device(board)
        address = net.ifconfig()[0]
        text = "asking for an address" if address == "0.0.0.0" else "http://%s/ is up" % address
        print("ferrule: %s: %d connections, %d bytes for the stack" % (
            text, len(server.slots), net.memory().once()["total"]))
        server.run()
    except KeyboardInterrupt:
        if net is not None:
            net.on_address = None
            net.ifconfig(["0.0.0.0"] * 4)  # an address from a server goes back to it
            net.active(False)
            net.link.close()
    except (OSError, ValueError) as error:
        if net is not None:
            raise
        # ValueError's text is a sentence about the settings; an OSError here comes from the link.
        text = error if isinstance(error, ValueError) else "The link cannot be opened: %s." % error
        print("ferrule: %s" % text, file=sys.stderr)
        if sys.platform not in ("linux", "darwin"):  # a board starts main.py again at once
            from time import sleep

            sleep(_AGAIN_S)
        sys.exit(2)


if __name__ == "__main__":
    main()
