FERRULE_BOOT_DIR := $(USERMOD_DIR)

# In the image with a file system only: the others start at the REPL, as MicroPython's qemu port does.
ifeq ($(MICROPY_VFS_LFS2),1)
SRC_USERMOD_C += $(FERRULE_BOOT_DIR)/boot.c
endif
