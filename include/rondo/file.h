/* SPDX-License-Identifier: MIT */
/*
 * Files, as every function of the library writes them.
 *
 * A file is written under a temporary name in its directory, flushed to the disk and
 * renamed, so that a reader finds the old file or the new one, whole, also after a crash or
 * on a full disk. A temporary file that a killed run left is removed when the same file is
 * written again.
 *
 * A new file has the mode 0666 less the umask. An existing file keeps its mode, and its
 * owner and group where the process may set them. One that the process may not write is
 * left alone (RN_IO), though its directory would allow replacing it. A symbolic link stays,
 * and the file that it leads to is written; that file need not exist yet. Of several hard
 * links the one that is named gets the new content, and the others keep the old one. What
 * is not a regular file, such as a directory, a pipe or a device, is refused.
 */
#ifndef RONDO_FILE_H
#define RONDO_FILE_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Makes `path` a file of these bytes. `message` gets why that failed, "" when it did not,
 * cut to `capacity` with the 0; it may be NULL. RN_IO, RN_NO_MEMORY, or RN_INVALID without
 * a path or data. */
RN_API rn_status rn_file_write(const char *path, const void *data, size_t bytes,
                               char *message, size_t capacity);

/* Whether such a function could begin to write `path`, with the same message if not: the
 * directory, the kind of the file and the permissions, but not the room on the disk.
 * Nothing is changed. */
RN_API rn_status rn_file_check(const char *path, char *message, size_t capacity);

#ifdef __cplusplus
}
#endif
#endif
