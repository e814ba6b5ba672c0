"""Make releases: what `make release` runs.

    python -m tools.release                          all of them, below build/release
    python -m tools.release --arch armv6m --profile core         only these (may be repeated)
    python -m tools.release --write-sizes            and tools/release/SIZES.md with their sizes

Below build/release/ARCH/PROFILE:

    package.json, ferrule/...     the library, for `mpremote mip install`
    echo/package.json, ...        the HTTP echo device
    library.romfs, echo.romfs     the same as ROMFS images, for `mpremote romfs deploy`

and in build/release/frozen/KIND/PROFILE the source of the library with a manifest.py, to be frozen
into firmware: KIND is `arm`, `other`, or `bytecode` for firmware that is built without an emitter.
"""

import argparse
import contextlib
import hashlib
import io
import json
import pathlib
import shutil
import sys
import tempfile

from tools import release
from tools.bundle import Problem
from tools.release import ARCHES, OUT, PARTS, PROFILES, ROOT, Failure, sizes

FROZEN = {"arm": "armv7m", "other": "rv32imc", "bytecode": "bytecode"}  # a release of that kind


def package_json(files):
    """What mip reads: the files of a folder, and where they go."""
    urls = [[path, path] for path in files]
    return json.dumps({"version": release.version(), "deps": [], "urls": urls}, indent=1) + "\n"


def romfs(folder, files, part):
    """A ROMFS image (bytes): the library below lib/, where MicroPython looks for modules."""
    from mpremote.romfs import make_romfs

    with tempfile.TemporaryDirectory() as tmp:
        for path in files:
            target = pathlib.Path(tmp) / ("lib" if part == "library" else "") / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / path, target)
        with contextlib.redirect_stdout(io.StringIO()):
            return make_romfs(tmp, mpy_cross=False)


def make(out, arch, profile):
    """One architecture in one profile: {part: {path: bytes}}."""
    made = {}
    for part in PARTS:
        folder = out / arch / profile / ("echo" if part == "echo" else "")
        made[part] = files = release.build(folder, arch, profile, part)
        (folder / "package.json").write_text(package_json(files), encoding="utf-8")
        image = romfs(folder, files, part)
        (out / arch / profile / (part + ".romfs")).write_bytes(image)
    return made


def freeze(out, kind, profile):
    """The source of the library, and the manifest that freezes it."""
    folder = out / "frozen" / kind / profile
    shutil.rmtree(folder, ignore_errors=True)
    for path, text in release.sources(FROZEN[kind], profile, "library").items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    (folder / "manifest.py").write_text(
        'metadata(\n    version="%s",\n    description="ferrule, profile %s.",\n'
        '    license="MIT",\n)\npackage("ferrule", opt=3)\n' % (release.version(), profile),
        encoding="utf-8",
    )


def checksums(out):
    """SHA256SUMS of everything below a folder, as sha256sum writes and checks it."""
    lines = []
    for path in sorted(p for p in out.rglob("*") if p.is_file() and p.name != "SHA256SUMS"):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        lines.append("%s  %s\n" % (digest, path.relative_to(out).as_posix()))
    (out / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def arguments():
    parser = argparse.ArgumentParser(
        prog="python -m tools.release", description="Make releases for boards.")
    parser.add_argument("--out", type=pathlib.Path, default=OUT, help="where (build/release)")
    parser.add_argument("--arch", action="append", choices=ARCHES, help="only this one")
    parser.add_argument("--profile", action="append", choices=PROFILES, help="only this one")
    parser.add_argument("--write-sizes", action="store_true", help="write SIZES.md (of all)")
    return parser.parse_args()


def main():
    args = arguments()
    table = {}
    try:
        for profile in args.profile or PROFILES:
            for arch in args.arch or ARCHES:
                table[arch, profile] = made = make(args.out, arch, profile)
                print("%-10s %-7s library %7d bytes, echo device %7d" % (
                    arch, profile, *(sum(made[part].values()) for part in PARTS)), flush=True)
            for kind in FROZEN:
                freeze(args.out, kind, profile)
        checksums(args.out)
    except (Failure, Problem, OSError) as error:
        print("release: %s" % error, file=sys.stderr)
        return 1
    if args.write_sizes:
        sizes.FILE.write_text(sizes.page(table), encoding="utf-8")
    where = args.out.resolve()
    print("The releases are in %s." % (
        where.relative_to(ROOT) if ROOT in where.parents else where))
    return 0


if __name__ == "__main__":
    sys.exit(main())
