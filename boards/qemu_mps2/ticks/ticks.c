// Ticks for MicroPython's qemu port (1.25 and 1.26 have none), from the 25 MHz counter of the MPS2's
// FPGA I/O block (Arm DAI 0385, table 4-2: COUNTER). It wraps every 171 s; the milliseconds are carried on in
// software, so one of these functions must be called at least that often, which any program does.
// No 64-bit division: it would draw in unwinding tables that this image has no place for.

#include "py/mphal.h"
#include "py/runtime.h"

#define COUNTER (*(volatile uint32_t *)0x40028018)
#define PER_MS (25000)
#define PER_US (25)

mp_uint_t mp_hal_ticks_ms(void) {
    static uint32_t last, rest, ms;
    uint32_t now = COUNTER;
    uint32_t gone = now - last;
    last = now;
    ms += gone / PER_MS;
    rest += gone % PER_MS;
    if (rest >= PER_MS) {
        rest -= PER_MS;
        ms += 1;
    }
    return ms;
}

mp_uint_t mp_hal_ticks_us(void) {
    static uint32_t last, rest, us;
    uint32_t now = COUNTER;
    uint32_t gone = now - last;
    last = now;
    us += gone / PER_US;
    rest += gone % PER_US;
    if (rest >= PER_US) {
        rest -= PER_US;
        us += 1;
    }
    return us;
}

mp_uint_t mp_hal_ticks_cpu(void) {
    return COUNTER;
}

void mp_hal_delay_ms(mp_uint_t ms) {
    uint32_t start = mp_hal_ticks_ms();
    while (mp_hal_ticks_ms() - start < ms) {
        mp_event_handle_nowait();
    }
}

void mp_hal_delay_us(mp_uint_t us) {
    uint32_t start = COUNTER;
    while (COUNTER - start < us * PER_US) {
    }
}
