// What the ports of real boards do at the start and after each soft reset, and the qemu port does not: mount the
// file system, then run boot.py and main.py. mp_init() calls it last (MICROPY_PORT_INIT_FUNC).

#include "py/mphal.h"
#include "py/runtime.h"
#include "shared/runtime/interrupt_char.h"
#include "shared/runtime/pyexec.h"
#include "ports/qemu/uart.h"

void ferrule_boot(void) {
    pyexec_frozen_module("_boot.py", false);
    int ended = pyexec_file_if_exists("boot.py");
    // As on real boards, who resets at the raw REPL has other plans than main.py.
    if (!(ended & PYEXEC_FORCED_EXIT) && pyexec_mode_kind == PYEXEC_MODE_FRIENDLY_REPL) {
        pyexec_file_if_exists("main.py");
    }
}

// A program runs while there is a character to interrupt it with; what else is typed meanwhile is lost.
void ferrule_listen(void) {
    if (mp_interrupt_char >= 0 && uart_rx_chr() == mp_interrupt_char) {
        mp_sched_keyboard_interrupt();
    }
}

// littlefs dates files; this board has no clock.
uint64_t mp_hal_time_ns(void) {
    return 0;
}
