// The port's configuration, plus what the stock image lacks: time and select (asyncio is frozen by
// manifest.py). The ticks they need come from ticks/ticks.c.
#include "ports/qemu/mpconfigport.h"

#undef MICROPY_PY_TIME
#define MICROPY_PY_TIME (1)
#define MICROPY_PY_TIME_GMTIME_LOCALTIME_MKTIME (0)
#define MICROPY_PY_TIME_TIME_TIME_NS (0)

#undef MICROPY_PY_SELECT
#define MICROPY_PY_SELECT (1)

#undef MICROPY_PY_ASYNCIO
#define MICROPY_PY_ASYNCIO (1)

// The image with a file system (make's MICROPY_VFS_LFS2=1) starts as a real board does: boot/boot.c.
#if MICROPY_VFS_LFS2
void ferrule_boot(void);
#define MICROPY_PORT_INIT_FUNC ferrule_boot()

// Half of it is what a host may send before it has to wait for the board, whose UART QEMU is slow to serve.
#define MICROPY_REPL_STDIN_BUFFER_MAX (4096)

// And Ctrl-C ends a program, for which the UART has to be looked at while one runs.
void ferrule_listen(void);
#define MICROPY_VM_HOOK_INIT static unsigned turns = 64;
#define MICROPY_VM_HOOK_LOOP if (--turns == 0) { turns = 64; ferrule_listen(); }
#define MICROPY_VM_HOOK_RETURN MICROPY_VM_HOOK_LOOP
#endif
