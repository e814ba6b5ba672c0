"""Speed and memory of ferrule, measured on the bare-metal board."""
