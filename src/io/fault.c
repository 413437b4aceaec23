/* SPDX-License-Identifier: MIT */
/* Why a file could not be read or written. */
#include "io/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PATH_SHOWN = 200, SHOWN = 120 };

rn_status rn__fault_set(rn__fault *fault, rn_status status, const char *path,
                        const char *format, ...)
{
    const size_t length = strlen(path);
    va_list arguments;

    if (fault->message[0]) return status;

    const int used = length > PATH_SHOWN
                         ? snprintf(fault->message, sizeof fault->message,
                                    "...%s: ", path + length - PATH_SHOWN)
                         : snprintf(fault->message, sizeof fault->message, "%s: ", path);
    va_start(arguments, format);
    vsnprintf(fault->message + used, sizeof fault->message - (size_t)used, format,
              arguments);
    va_end(arguments);
    return status;
}

rn_status rn__fault_system(rn__fault *fault, const char *path, const char *what, int error)
{
    char text[128];

    if (strerror_r(error, text, sizeof text))
        snprintf(text, sizeof text, "error %d", error);
    return rn__fault_set(fault, RN_IO, path, "%s: %s", what, text);
}

const char *rn__fault_name(const char *name, char *text, size_t capacity)
{
    snprintf(text, capacity, "%s", name);
    for (char *at = text; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7F) *at = '?';
    return text;
}

rn_status rn__fault_named(rn__fault *fault, rn_status status, const char *path,
                          const char *what, const char *name, const char *format, ...)
{
    char shown[SHOWN], text[sizeof fault->message];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return rn__fault_set(fault, status, path, "%s \"%s\": %s", what,
                         rn__fault_name(name, shown, sizeof shown), text);
}
