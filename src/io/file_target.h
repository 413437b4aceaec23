/* SPDX-License-Identifier: MIT */
/* The target of a write: the directory, the name in it, and the existing file. */
#ifndef RN_IO_FILE_TARGET_H
#define RN_IO_FILE_TARGET_H

#include <sys/stat.h>

#include "io/fault.h"

/* "a directory", "a pipe" and so on; NULL for a regular file. */
const char *rn__file_kind(mode_t mode);

typedef struct rn__target {
    rn_allocator allocator;
    char *path;       /* after following symbolic links */
    const char *name; /* the last component of the path */
    int directory;    /* open; -1: not */
    bool exists;
    struct stat old; /* of the existing file */
} rn__target;

/* Finds where `path` leads; a symbolic link may lead to a file that does not exist yet.
 * Refuses anything but a regular file, a file that may not be written, and a directory in
 * which no file can be created. Call rn__target_finish in any case. */
rn_status rn__target_find(rn__target *target, rn_allocator allocator, const char *path,
                          rn__fault *fault);
void rn__target_finish(rn__target *target);

/* ---- temporary files in the directory ---- */

enum { RN__TEMPORARY_NAME = 48 };

/* Creates a file with a new name and locks it as long as it is open. -1 with errno. */
int rn__temporary_new(const rn__target *target, char name[RN__TEMPORARY_NAME]);

/* Removes temporary files for the same target that killed processes left: those that are
 * not locked and are more than a minute older than `file`, the caller's own. */
void rn__temporary_sweep(const rn__target *target, int file);

#endif
