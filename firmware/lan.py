"""The address of a device that a DHCP server gives it, or that settings.py names; loaded for these
only.

settings.py is a module on sys.path that belongs to one device, as its board.py belongs to all of
its kind.  It may have
    ADDRESS     "dhcp", or (address, mask, gateway, dns), in place of board.address()
    HOSTNAME    the name that the device tells the DHCP server
"""


def begin(net, address, settings):
    """Give the stack its address, or have it ask for one without waiting; then it is printed when
    it comes, and whenever it changes.  ValueError: a sentence about what is wrong."""
    name = str(getattr(settings, "HOSTNAME", ""))
    if name:  # net.config(hostname=name) would load all the settings
        from ferrule.api.settings import check_name

        check_name(name)
        net.hostname = name
    try:
        if address == "dhcp":
            net.on_address = lambda: tell(net)
        net.ifconfig(address)  # waits for no server while the stack is off
    except (OSError, TypeError, ValueError, AttributeError):
        if address == "dhcp":
            raise ValueError("the packets of this link are too short for DHCP; name an address.")
        raise ValueError('ADDRESS is %r; it has to be "dhcp", or four strings: address, mask, '
                         "gateway, name server." % (address,))


def tell(net):
    """Print the stack's address."""
    address = net.ifconfig()[0]
    if address == "0.0.0.0":
        print("ferrule: the address is gone; asking for another")
    else:
        print("ferrule: http://%s/ is up" % address)
