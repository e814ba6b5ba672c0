# The stack and the echo device in the image itself: the release form that tools/bundle.py wrote.
include("manifest.py")
freeze("../../build/bundle", opt=3)
freeze(".", "board.py", opt=3)
