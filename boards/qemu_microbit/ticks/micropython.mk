FERRULE_TICKS_DIR := $(USERMOD_DIR)

# MicroPython 1.28 and later have ticks of their own in the qemu port.
ifeq ($(wildcard $(TOP)/ports/qemu/mcu/arm/ticks.c),)
SRC_USERMOD_LIB_C += $(FERRULE_TICKS_DIR)/ticks.c
endif
