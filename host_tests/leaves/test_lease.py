"""How old a lease is, while the clock wraps every twelve days and a half."""

import array

from draw import Draw
from ferrule.service.lease import Lease
from layout_words import H_NOW, HOST_LEN
from testing import proves, seeds

_DAY_MS = 86_400_000
_WRAP = 1 << 30


@proves("RFC2131-4.4.5-1", "RFC2131-4.4.5-4")
@seeds(5)
def test_a_lease_of_forty_days_ends_to_the_second(seed):
    draw = Draw(seed)
    h = array.array("i", bytearray(4 * HOST_LEN))
    lease = Lease(h)
    start = draw.below(30_000) * 32_768
    h[H_NOW] = lease.from_at = start
    lease.end_s = 40 * 86_400
    ms = 0
    while ms < 1000 * lease.end_s - 1:
        assert not lease.over(), ms
        # somebody looks once a day at least
        step = (1 + draw.below(32_767)) * _DAY_MS // 32_768
        ms = min(ms + step, 1000 * lease.end_s - 1)
        h[H_NOW] = (start + ms) % _WRAP
        assert lease.seconds() == ms // 1000
        assert lease.rest_ms() == ms % 1000
    assert not lease.over()
    h[H_NOW] = (start + ms + 1) % _WRAP
    assert lease.over()
