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

char *rn__text_grouped(int64_t number, char *text)
{
    char digits[24];
    const int length = snprintf(digits, sizeof digits, "%lld", (long long)number);
    int used = 0;

    for (int i = 0; i < length; i++) {
        if (i > (number < 0) && (length - i) % 3 == 0) text[used++] = ',';
        text[used++] = digits[i];
    }
    text[used] = 0;
    return text;
}
