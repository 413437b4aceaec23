/* SPDX-License-Identifier: MIT */
/* What a file is that is no safetensors file. */
#ifndef RN_IO_FORMAT_H
#define RN_IO_FORMAT_H

#include <stddef.h>

enum { RN__FORMAT_BYTES = 512 /* of a file's beginning that tell what it is */ };

/* What a file that begins with these bytes seems to be, as the end of a sentence: "is a
 * gzip file; ...". NULL: it is not known. */
const char *rn__format_of(const unsigned char *bytes, size_t count);

#endif
