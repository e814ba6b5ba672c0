"""The flood of test_flood.py, shorter, for the bare-metal board."""

from flood import check_flood, check_guesses, check_refused

from testing import proves

INTERPRETERS = ("cortex_m3",)


@proves("RFC4987-3.7-1")
def test_spoofed_syns_keep_nobody_out():
    check_flood(300)


@proves("RFC4987-3.5-1")
def test_without_cookies_a_flood_draws_few_answers_on_the_board():
    check_refused(100)


@proves("RFC4987-3.6-1")
def test_guessed_acks_open_nothing():
    check_guesses(200)
