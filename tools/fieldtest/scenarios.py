"""The scenarios: what is done to the device, and how soon it has to notice and to recover."""

import dataclasses
import time

from tools.fieldtest.stage import Late, Skip
from tools.fieldtest.wire import RST

TICK_MS = 1
SLACK_MS = 300  # for this computer's scheduling, where the bound is not the device's own clock
HAND_MS = 3000  # for a hand between a cable and the Enter key
PROGRAM_MS = 50  # for the device's program between two of its lines
LOOK_MS = 200  # Reconnecting looks so often whether the link is there again
PROBE_MS = 300  # a loss probe may begin the time of TCP_USER_TIMEOUT anew, so much later


@dataclasses.dataclass
class Plan:
    """Times and counts. keepalive: (idle s, interval s, count); back_off: (first ms, most ms)."""

    keepalive: tuple = (10, 5, 3)
    back_off: tuple = (500, 4000)
    beat_ms: int = 250
    reboot_s: float = 3
    links_s: tuple = (1, 10, 120)
    restarts: int = 10
    down_s: float = 1
    reconnects: int = 200
    fast: tuple = (10, 80)

    @property
    def notice_ms(self):
        """What keepalive promises."""
        idle, interval, count = self.keepalive
        return (idle + interval * count) * 1000


QUICK = Plan(
    keepalive=(2, 1, 2), back_off=(100, 400), links_s=(0.5, 1.5, 6), reboot_s=0.5, down_s=0.2,
    fast=(5, 20),
)


def longest_silence_ms(plan):
    """The most time between two SYNs of a device that tries in vain: they come 1, 2, 4, ... s
    apart until the attempt is given up, and then there is a back-off.
    """
    at, gap, worst = 0, 1000, 0
    while at + gap < plan.notice_ms:
        worst = max(worst, gap)
        at += gap
        gap *= 2
    return max(worst, plan.notice_ms - at + plan.back_off[1])


def settings(plan, **more):
    return dict(more, keepalive=plan.keepalive, back_off=plan.back_off)


def lost_by(run, why, seconds):
    """The next loss, which has to have this cause: (ms, event)."""
    ms, lost = run.wait("lost", seconds)
    if lost["why"] != why:
        raise Late("The device says `%s`, not `%s`." % (lost["why"], why))
    return ms, lost


def vanish(run, plan):
    """The peer vanishes without a word; nothing is being sent, so only keepalive can find out."""
    run.stage.need_hand()
    run.start(**settings(plan))
    run.rest(0.3)
    run.cut("peer vanishes")
    run.note("waiting %.0f s for keepalive" % (plan.notice_ms / 1000))
    ms, lost = lost_by(run, "silent", plan.notice_ms / 1000 + 10)
    promised = plan.notice_ms
    run.measure("notice, since the last segment came", lost["silent"], promised + TICK_MS,
                promised - TICK_MS, lost["late"], span=(ms - lost["silent"], ms))
    run.rest(0.5)
    joined = run.there(run.join("peer is there again"))
    silence = longest_silence_ms(plan)
    run.note("waiting for the next attempt, up to %.0f s" % (silence / 1000))
    ms, _ = run.wait("heard", silence / 1000 + 20)
    run.measure("recovery, since the peer was there", ms - joined, silence + SLACK_MS,
                span=(joined, ms))
    if run.stage.wire:
        by_the_capture(run, promised)


def by_the_capture(run, promised):
    """The same time as it is seen from outside: from the last frame before the silence to the
    reset with which the device gives up (TCP sends it on behalf of the keepalive timer).
    """
    frames = [frame for frame in run.stage.wire.tcp if frame[0] < run.closed[0][1]]
    heard = max(t for t, way, _ in frames if way == "in")
    resets = [t for t, way, flags in frames if way == "out" and flags & RST]
    if not resets:
        raise Late("There is no RST in the capture.")
    run.measure("notice, by the capture", (resets[-1] - heard) * 1000, promised + SLACK_MS,
                promised - SLACK_MS)


def reboot(run, plan):
    """The peer reboots and forgets the connection; the device's next probe is answered by RST."""
    run.stage.need_hand()
    heard = run.start(**settings(plan))[0]
    cut = run.cut("peer goes down")
    run.stage.peer.do("forget")
    run.rest(plan.reboot_s)
    joined = run.join("peer is up, and has forgotten")
    ms, lost = lost_by(run, "reset", sum(plan.keepalive[:2]) + 10)
    idle, interval = plan.keepalive[0] * 1000, plan.keepalive[1] * 1000
    # The probe that meets the peer up again: the first, or one an interval after it came up.
    soonest = idle if (joined - cut) * 1000 < idle else (joined - cut) * 1000
    run.measure("notice, since the last segment came", ms - heard, soonest + interval + SLACK_MS,
                idle - SLACK_MS, lost["late"], span=(heard, ms))
    back = run.wait("heard", 20)[0]
    run.measure("recovery, since it was noticed", back - ms, plan.back_off[0] + SLACK_MS,
                plan.back_off[0] // 2, span=(ms, back))


def pull(run, seconds):
    """Have the device's link down for so long; (down, up) on the device's clock, and what a hand
    adds.
    """
    device = run.stage.device
    run.note("link down for %g s" % seconds)
    if device.plugs == "itself":
        run.say("!link %d" % round(seconds * 1000))
        down = run.wait("link", 5)[0]
        run.closed.append([run.here(down), None])
        run.marks.append((run.here(down), "link down"))
        return down, 0
    if device.plugs == "us":
        device.plug(False)
    else:
        run.stage.ask("Pull the BOARD's network cable.")
    t = run.mark("link down")
    run.closed.append([t, None])
    return run.there(t), 0 if device.plugs == "us" else HAND_MS


def plug_in(run, down, seconds):
    """The end of the same."""
    device = run.stage.device
    if device.plugs == "itself":
        up = run.wait("link", seconds + 5)[0]
        run.marks.append((run.here(up), "link up"))
    else:
        run.rest(max(0, run.here(down) + seconds - time.monotonic()))
        if device.plugs == "us":
            device.plug(True)
        else:
            run.stage.ask("Plug the board's network cable in again.")
        up = run.there(run.mark("link up"))
    run.closed[-1][1] = run.here(up)
    return up


def link_down(run, plan, seconds):
    """The link goes down while lines are being exchanged."""
    run.stage.need_hand()
    run.start(**settings(plan, beat_ms=plan.beat_ms))
    run.rest(1)
    down, hand = pull(run, seconds)
    if seconds * 1000 < plan.notice_ms:
        up = plug_in(run, down, seconds)
        # The next retransmission comes at the latest when as much time has passed again.
        bound = seconds * 1000 + 2000
        ms = run.wait("resumed", bound / 1000 + 10)[0]
        run.measure("recovery, since the link was up", ms - up, bound + SLACK_MS + hand,
                    span=(up, ms))
        losses = sum(event["what"] == "lost" for _, event in run.events)
        run.measure("connections lost by it", losses, 0, unit="")
        return
    ms, lost = lost_by(run, "link", plan.notice_ms / 1000 + 15)
    bound = plan.notice_ms + PROBE_MS
    run.measure("notice, since the link went down", ms - down,
                bound + plan.beat_ms + SLACK_MS + hand, plan.notice_ms - plan.beat_ms - hand,
                lost["late"], span=(down, ms))
    up = plug_in(run, down, seconds)
    ms = run.wait("heard", 60)[0]
    bound = LOOK_MS + plan.back_off[0] + SLACK_MS + hand
    run.measure("recovery, since the link was up", ms - up, bound, span=(up, ms))


def address(run, plan):
    """The device's address changes; its connections cannot follow (MUST-45 of RFC 9293)."""
    spare = run.stage.spare
    if not spare:
        raise Skip("It needs an address of the board's network that nobody has: --spare.")
    run.start(**settings(plan, beat_ms=plan.beat_ms))
    run.rest(0.5)
    run.say("!address " + spare)
    changed = run.wait("address", 5)[0]
    run.marks.append((run.here(changed), "address is " + spare))
    ms, lost = lost_by(run, "address", 10)
    run.measure("notice, since it changed", ms - changed, PROGRAM_MS, 0, lost["late"])
    back = run.wait("heard", 20)[0]
    run.measure("recovery, since it was noticed", back - ms, plan.back_off[0] + SLACK_MS,
                plan.back_off[0] // 2, span=(ms, back))
    seen = run.stage.peer.from_address(2)
    if seen != spare:
        raise Late("The peer saw %s, not %s." % (seen, spare))


def restarts(run, plan):
    """The server's program is killed and started again, ten times."""
    run.start(**settings(plan, beat_ms=plan.beat_ms))
    notice, recovery = [], []
    for n in range(plan.restarts):
        # A connection that lasts as long as the longest wait begins at the first wait again.
        run.rest(plan.back_off[1] / 1000 + 0.1)
        stopped = run.there(run.mark("stop %d of %d" % (n + 1, plan.restarts)))
        run.stage.peer.do("stop")
        notice.append(run.wait("lost", 10)[0] - stopped)
        run.rest(plan.down_s)
        started = run.there(run.mark("start"))
        run.stage.peer.do("start")
        recovery.append(run.wait("heard", plan.back_off[1] / 1000 + 20)[0] - started)
    run.measure("notice, the longest", max(notice), SLACK_MS)
    run.measure("recovery since it was started, the longest", max(recovery),
                plan.back_off[1] + SLACK_MS)
    run.measure("restarts survived", len(recovery), plan.restarts, plan.restarts, unit="")


def reconnects(run, plan):
    """Every connection is reset as soon as it works, two hundred times."""
    n = plan.reconnects
    first, most = plan.fast
    run.stage.peer.do("churn", n=n)
    run.start(keepalive=plan.keepalive, back_off=plan.fast)
    run.mark("every connection is reset after its first line")
    lost_at, recovery = None, []
    run.next = 0  # the first loss may have been told before the first answer
    while len(recovery) < n:
        if run.next == len(run.events) and run.take(most / 1000 + 20) is None:
            raise Late("%d of %d connections, and then no other." % (len(recovery), n))
        ms, event = run.events[run.next]
        run.next += 1
        if event["what"] == "lost":
            lost_at = ms
        elif event["what"] == "back" and lost_at is not None:
            recovery.append(ms - lost_at)
            lost_at = None
            run.note("%d of %d reconnects" % (len(recovery), n))
    run.wait("heard", 10)  # the last one is left alone
    run.measure("reconnects", len(recovery), n, n, unit="")
    run.measure("recovery since the reset, the median", sorted(recovery)[n // 2], most + 100,
                first // 2)
    run.measure("recovery since the reset, the longest", max(recovery), most + SLACK_MS)


def all_of(plan):
    """{name: (sentence, function(run))} in the order in which they are played."""
    out = {
        "vanish": ("The peer vanishes silently, and keepalive finds out", vanish),
        "reboot": ("The peer reboots and forgets the connection", reboot),
    }
    for name, seconds in zip(("link_1s", "link_10s", "link_2min"), plan.links_s):
        out[name] = (
            "The link is down for %g s" % seconds,
            lambda run, plan, seconds=seconds: link_down(run, plan, seconds),
        )
    out["address"] = ("The address changes under the device", address)
    out["restarts"] = ("The server restarts %d times" % plan.restarts, restarts)
    out["reconnects"] = ("%d reconnects" % plan.reconnects, reconnects)
    return out
