"""Mangled and hostile DHCP messages, in every state of the client; on the emulated board a few."""

import sys

from dhcp_barrage import DhcpBarrage

from testing import proves, seeds

TIMEOUT_S = 300

# 20,000 on the two unix interpreters, 1000 on the board
MESSAGES = 100 if sys.platform == "qemu" else 2000


@proves("RFC2132-2-1", "RFC2131-4.4.1-2")
@seeds(10)
def test_hostile_dhcp_messages_leave_no_mark(seed):
    DhcpBarrage(seed).run(MESSAGES)
