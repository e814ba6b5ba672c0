// Ticks for MicroPython's qemu port (1.25 and 1.26 have none) on the nRF51822: TIMER0 counts microseconds in
// 32 bits (nRF51 Series Reference Manual 3.0, chapter 18). It wraps every 71 minutes; the milliseconds are
// carried on in software, so one of these functions must be called at least that often.

#include "py/mphal.h"
#include "py/runtime.h"

#define TIMER0 (0x40008000)
#define REGISTER(offset) (*(volatile uint32_t *)(TIMER0 + (offset)))
#define TASKS_START REGISTER(0x000)
#define TASKS_CAPTURE0 REGISTER(0x040)
#define BITMODE REGISTER(0x508)
#define PRESCALER REGISTER(0x510)
#define CC0 REGISTER(0x540)

mp_uint_t mp_hal_ticks_us(void) {
    static bool started;
    if (!started) {
        BITMODE = 3; // 32 bits
        PRESCALER = 4; // 16 MHz / 2**4
        TASKS_START = 1;
        started = true;
    }
    TASKS_CAPTURE0 = 1;
    return CC0;
}

mp_uint_t mp_hal_ticks_ms(void) {
    static uint32_t last, rest, ms;
    uint32_t now = mp_hal_ticks_us();
    uint32_t gone = now - last;
    last = now;
    ms += gone / 1000;
    rest += gone % 1000;
    if (rest >= 1000) {
        rest -= 1000;
        ms += 1;
    }
    return ms;
}

mp_uint_t mp_hal_ticks_cpu(void) {
    return mp_hal_ticks_us();
}

void mp_hal_delay_ms(mp_uint_t ms) {
    uint32_t start = mp_hal_ticks_ms();
    while (mp_hal_ticks_ms() - start < ms) {
        mp_event_handle_nowait();
    }
}

void mp_hal_delay_us(mp_uint_t us) {
    uint32_t start = mp_hal_ticks_us();
    while (mp_hal_ticks_us() - start < us) {
    }
}
