# The stock MPS2_AN385 board, with the configuration header of this folder laid over the port's own.
FERRULE_BOARD_DIR := $(dir $(lastword $(MAKEFILE_LIST)))

include boards/MPS2_AN385/mpconfigboard.mk

CFLAGS += -DMP_CONFIGFILE='"$(abspath $(FERRULE_BOARD_DIR))/mpconfigferrule.h"'

ifeq ($(MICROPY_VFS_LFS2),1)
LDFLAGS += -T $(FERRULE_BOARD_DIR)/boot/unwinding.ld
endif
