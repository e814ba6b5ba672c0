# The stock MICROBIT board of the qemu port, a Cortex-M0, with more memory than the chip has and with the
# configuration header of boards/qemu_mps2.
FERRULE_BOARD_DIR := $(dir $(lastword $(MAKEFILE_LIST)))

include boards/MICROBIT/mpconfigboard.mk

LDSCRIPT = $(abspath $(FERRULE_BOARD_DIR))/memory.ld
CFLAGS += -DMP_CONFIGFILE='"$(abspath $(FERRULE_BOARD_DIR))/mpconfigferrule.h"'
# What runs on an ARMv6-M only: the stock board compiles what it freezes for a larger core.
MPY_CROSS_FLAGS := -march=armv6m
