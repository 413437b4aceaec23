/* SPDX-License-Identifier: MIT */
/*
 * How the library writes files.
 *
 * All functions replace files atomically: they write a temporary file in the same
 * directory, flush it to disk and rename it. A reader finds the complete old file or the
 * complete new one, even after a crash or when the disk is full. If a process is killed and
 * leaves a temporary file, the next write to the same file removes it.
 *
 * A new file has mode 0666 modified by the umask. An existing file keeps its mode, and its
 * owner and group if the process may set them. A file that the process may not write is not
 * replaced (RN_IO), even if the permissions of its directory would allow that. Symbolic
 * links are followed; the target need not exist yet. If a file has several hard links, only
 * the named one gets the new content. Anything but a regular file, such as a directory, a
 * pipe or a device, is refused.
 */
#ifndef RONDO_FILE_H
#define RONDO_FILE_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Writes `data` to the file `path`. `message` receives the reason for a failure, or "",
 * truncated to `capacity` bytes with the terminating 0; it may be NULL. RN_IO;
 * RN_NO_MEMORY; RN_INVALID: no path or no data. */
RN_API rn_status rn_file_write(const char *path, const void *data, size_t bytes,
                               char *message, size_t capacity);

/* Checks whether `path` could be written, without changing anything: its directory, the
 * kind of file and the permissions, but not the free disk space. Status and `message` are
 * as for rn_file_write. */
RN_API rn_status rn_file_check(const char *path, char *message, size_t capacity);

#ifdef __cplusplus
}
#endif
#endif
