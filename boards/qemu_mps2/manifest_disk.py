# The image with a file system: boot/boot.c runs _boot.py, which mounts it.
include("manifest.py")
freeze("boot", "_boot.py", opt=3)
