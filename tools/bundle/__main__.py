"""Command line of tools/bundle."""

import argparse
import sys

from tools.bundle import Problem, bundle, write
from tools.bundle.profile import PROFILES


def arguments():
    parser = argparse.ArgumentParser(
        prog="python -m tools.bundle",
        description="Write the package and the device as few modules.",
    )
    parser.add_argument("folder", nargs="?", help="where to write")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--library", action="store_true", help="the package only, all of it")
    what.add_argument("--whole", action="store_true", help="the device and all of the package")
    code = parser.add_mutually_exclusive_group()
    code.add_argument("--thumb", action="store_true", help="for ARM boards, with assembler")
    code.add_argument("--bytecode", action="store_true", help="for firmware without viper")
    parser.add_argument("--profile", choices=PROFILES, default="full", help="what TCP can do")
    parser.add_argument("--list", action="store_true", help="which source goes into which module")
    parser.add_argument("--names", action="store_true", help="which name stands for which")
    return parser.parse_args()


def show_names(renamed):
    for path, names in renamed.items():
        for new, old in sorted(names.items()):
            print("%-24s %-24s %s" % (path or "(attribute)", new, old))


def main():
    args = arguments()
    form = not args.library, args.whole, args.thumb, args.profile, args.bytecode
    try:
        if args.list:
            for path, modules in bundle(*form).parts.items():
                print("%-24s %s" % (path, " ".join(modules)))
        elif args.names:
            show_names(bundle(*form).renamed)
        elif args.folder is None:
            print("bundle: name a folder to write to.", file=sys.stderr)
            return 2
        else:
            print("\n".join(write(args.folder, *form)))
    except (Problem, OSError) as error:
        print("bundle: %s" % error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
