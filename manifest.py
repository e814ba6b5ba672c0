metadata(
    version="0.1.0",
    description="A TCP/IP stack for anything that moves raw Ethernet frames.",
    license="MIT",
)

# The source as it is.  `python -m tools.release` writes smaller forms, with a manifest each.
package("ferrule", base_path="lib", opt=3)
