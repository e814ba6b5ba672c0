"""Ten thousand spoofed SYNs cost records, never connections (RFC 4987)."""

from flood import check_flood, check_guesses, check_refused

from testing import proves

INTERPRETERS = ("x64", "unix32")


@proves("RFC4987-3.7-1", "RFC4987-3.5-1", "RFC4987-3.3-1")
def test_ten_thousand_spoofed_syns_keep_nobody_out():
    check_flood(10000)


@proves("RFC4987-3.5-1")
def test_without_cookies_a_flood_draws_few_answers():
    check_refused(2000)


@proves("RFC4987-3.6-1")
def test_ten_thousand_guessed_acks_open_nothing():
    check_guesses(10000)
