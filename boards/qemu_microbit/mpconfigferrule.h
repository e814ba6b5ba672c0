// As on boards/qemu_mps2, and the code generators as on an RP2040: no instruction that ARMv6-M lacks.
// (The stock board has none.)
#include "../qemu_mps2/mpconfigferrule.h"

#undef MICROPY_EMIT_THUMB
#define MICROPY_EMIT_THUMB (1)
#undef MICROPY_EMIT_THUMB_ARMV7M
#define MICROPY_EMIT_THUMB_ARMV7M (0)
#undef MICROPY_EMIT_INLINE_THUMB
#define MICROPY_EMIT_INLINE_THUMB (1)
#undef MICROPY_EMIT_INLINE_THUMB_FLOAT
#define MICROPY_EMIT_INLINE_THUMB_FLOAT (0)
