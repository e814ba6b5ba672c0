"""Command line of tools/bundle."""

import argparse
import sys

from tools.bundle import Problem, bundle, write


def main():
    parser = argparse.ArgumentParser(
        prog="python -m tools.bundle",
        description="Write the package and the device as few modules.",
    )
    parser.add_argument("folder", nargs="?", help="where to write")
    parser.add_argument("--library", action="store_true", help="the package only")
    parser.add_argument("--list", action="store_true", help="which source goes into which module")
    args = parser.parse_args()
    try:
        if args.list:
            for output in bundle(not args.library)[1].outputs:
                print("%-24s %s" % (output.path, " ".join(m.name for m in output.modules)))
        elif args.folder is None:
            print("bundle: name a folder to write to.", file=sys.stderr)
            return 2
        else:
            print("\n".join(write(args.folder, not args.library)))
    except (Problem, OSError) as error:
        print("bundle: %s" % error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
