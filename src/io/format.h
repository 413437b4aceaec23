/* SPDX-License-Identifier: MIT */
/* The format of a file that is not a safetensors file. */
#ifndef RN_IO_FORMAT_H
#define RN_IO_FORMAT_H

#include <stddef.h>

enum { RN__FORMAT_BYTES = 512 /* bytes at the start of a file that are examined */ };

/* What a file that begins with these bytes seems to be, to complete a sentence: "is a gzip
 * file; ...". NULL: unknown. */
const char *rn__format_of(const unsigned char *bytes, size_t count);

#endif
