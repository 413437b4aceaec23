/* SPDX-License-Identifier: MIT */
/* Text that grows into a buffer. */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>

void rn__text_add(rn__text *t, const char *format, ...)
{
    const size_t room = t->used < t->capacity ? t->capacity - t->used : 0;
    va_list arguments;

    va_start(arguments, format);
    const int length = vsnprintf(room ? t->at + t->used : NULL, room, format, arguments);
    va_end(arguments);
    if (length > 0) t->used += (size_t)length;
}
