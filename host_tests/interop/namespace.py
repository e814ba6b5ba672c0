"""A network namespace of one's own with a veth pair in it: the kernel at one end, ferrule at the
other.

    with Namespace() as lan:
        device = lan.start([micropython, "firmware/main.py"], env=lan.device_env())
        lan.run(["ping", "-c", "1", lan.DEVICE])

No rights are needed beyond unprivileged user namespaces. The namespace ends with the process that
holds it, and that one ends with `close` or with us.
"""

import os
import shutil
import signal
import subprocess

KERNEL_IF = "k1"
DEVICE_IF = "v1"

# sysfs has to be mounted afresh to show this namespace's interfaces: the packet link reads it. The
# offloads go off because a veth's frames otherwise arrive with unfinished checksums.
SET_UP = f"""set -e
mount -t sysfs sysfs /sys
ip link set lo up
ip link add {KERNEL_IF} type veth peer name {DEVICE_IF}
echo 1 > /proc/sys/net/ipv6/conf/{KERNEL_IF}/disable_ipv6 || true
echo 1 > /proc/sys/net/ipv6/conf/{DEVICE_IF}/disable_ipv6 || true
ethtool -K {KERNEL_IF} tx off tso off gso off gro off >/dev/null
ip link set {DEVICE_IF} up
ip link set {KERNEL_IF} up
ip addr add 10.9.0.1/24 dev {KERNEL_IF}
echo up
read line || true
"""

# What enters the user namespace around the network; missing() empties it where there is none.
USER = ["--preserve-credentials", "-U"]

TOOLS = ("unshare", "nsenter", "ip", "ethtool", "mount")


def missing():
    """Why no namespace can be made here, as a sentence with the command that helps; or None."""
    absent = [tool for tool in TOOLS if not shutil.which(tool)]
    if absent:
        return (
            f"{', '.join(absent)} not found; "
            "Debian has them in: apt-get install util-linux iproute2 ethtool mount"
        )
    tried = try_out("-Urnm")
    if tried.returncode and os.geteuid() == 0:
        # Root in a container may have namespaces of every kind but the user's.
        tried = try_out("-nm")
        USER.clear()
    if tried.returncode:
        said = tried.stderr.strip().splitlines()
        return (
            f"no network namespace of one's own ({said[-1] if said else 'no reason given'}); "
            "the kernel may allow it after: sysctl kernel.unprivileged_userns_clone=1"
        )
    return None


def try_out(flags):
    """Make a namespace with a veth in it, and leave it."""
    return subprocess.run(
        ["unshare", flags, "sh", "-c", "mount -t sysfs sysfs /sys && ip link add type veth"],
        capture_output=True,
        text=True,
        timeout=20,
    )


class Namespace:
    """Holds the namespace open, and runs programs in it."""

    KERNEL = "10.9.0.1"
    DEVICE = "10.9.0.2"

    def __init__(self):
        self._started = []
        self.holder = subprocess.Popen(
            ["unshare", "-Urnm" if USER else "-nm", "sh", "-c", SET_UP],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if self.holder.stdout.readline() != "up\n":
            said = self.holder.communicate(timeout=10)[1]
            raise RuntimeError(f"the namespace could not be set up: {said}")
        self._enter = ["nsenter", *USER, "-n", "-m", "-t", str(self.holder.pid)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """End what was started here, then the namespace itself."""
        for process in self._started:
            stop(process)
        self.holder.stdin.close()
        self.holder.wait(timeout=10)
        self.holder.stdout.close()
        self.holder.stderr.close()

    def device_env(self, **more):
        """The environment for the device on the veth."""
        env = dict(os.environ)
        env["FERRULE_LINK"] = f"packet:{DEVICE_IF}"
        env["FERRULE_IP"] = f"{self.DEVICE}/24"
        env.update(more)
        return env

    def start(self, command, **options):
        """Start a program; it ends with the namespace at the latest."""
        process = subprocess.Popen(self._enter + [str(word) for word in command], **options)
        self._started.append(process)
        return process

    def run(self, command, timeout=60, check=True, **options):
        """Run a program to its end; its output is text. A failure shows what it said."""
        done = subprocess.run(
            self._enter + [str(word) for word in command],
            capture_output=True,
            text=True,
            timeout=timeout,
            **options,
        )
        if check and done.returncode:
            said = f"{done.stdout}\n{done.stderr}"
            raise AssertionError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{said}")
        return done

    def set(self, name, value):
        """Set a kernel setting of this namespace, such as net.ipv4.ip_local_port_range."""
        path = "/proc/sys/" + name.replace(".", "/")
        self.run(["sh", "-c", f"echo '{value}' > {path}"])

    def counters(self):
        """The kernel's protocol counters, such as "TcpInCsumErrors" or "TcpExtTCPTimeouts"."""
        counters = {}
        text = self.run(["cat", "/proc/net/snmp", "/proc/net/netstat"]).stdout
        lines = text.splitlines()
        for names, values in zip(lines[::2], lines[1::2]):
            kind, _, names = names.partition(": ")
            values = values.partition(": ")[2]
            for name, value in zip(names.split(), values.split()):
                counters[kind + name] = int(value)
        return counters


def stop(process):
    """End a process that we started, and wait for it."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=5)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
