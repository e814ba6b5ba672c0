"""`--over`: a ladder's frames go over the bus of a modelled chip."""

import over


def test_a_ladder_over_a_chip_uses_its_bus():
    import wire

    before = over.NAME
    try:
        for name in ("w5500", "w5100s", "enc28j60"):
            over.NAME = name
            bench = wire.Wire()
            bench.opened(mss=1000)
            start = bench.under.bus.bytes
            bench.play("""
                0   <== ACK  1:501 ack=1
                0   us.read  500
                30  us.write 500
                30  ==> ACK  1:501  ack=501
            """)
            assert bench.under.bus.bytes - start > 2 * 550
            assert bench.under.driver.received > 2 and bench.under.driver.sent > 2
            bench.dispose()
    finally:
        over.NAME = before


def test_a_ladder_over_espnow_uses_its_messages():
    import wire

    before, over.NAME = over.NAME, "espnow"
    try:
        bench = wire.Wire()
        bench.opened(mss=1000)
        bench.play("""
            0   <== ACK  1:501 ack=1
            0   us.read  500
            30  us.write 500
            30  ==> ACK  1:501  ack=501
        """)
        radio = bench.under.chip.station.radio
        assert radio.rx_packets > 2 and radio.tx_packets > 2
        assert bench.under.mtu == 1468
        bench.dispose()
    finally:
        over.NAME = before


def test_without_it_the_stack_has_the_bare_wire():
    import wire

    before, over.NAME = over.NAME, ""
    bench = wire.Wire()
    bench.opened()
    over.NAME = before
    assert bench.under is bench.link
    bench.dispose()
