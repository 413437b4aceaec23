/* SPDX-License-Identifier: MIT */
/* Where a file is written: its directory, its name there, and what is there already. */
#ifndef RN_IO_FILE_TARGET_H
#define RN_IO_FILE_TARGET_H

#include <sys/stat.h>

#include "io/fault.h"

/* "a directory", "a pipe" and so on; NULL for a regular file. */
const char *rn__file_kind(mode_t mode);

typedef struct rn__target {
    rn_allocator allocator;
    char *path;       /* with symbolic links followed */
    const char *name; /* its last part */
    int directory;    /* open; -1: not */
    bool exists;
    struct stat old; /* of the file that is there */
} rn__target;

/* Finds where `path` leads; a symbolic link may lead to a file that is not there yet.
 * Refuses what is no regular file, what may not be written, and a directory in which no
 * file can be made. Finish in any case. */
rn_status rn__target_find(rn__target *target, rn_allocator allocator, const char *path,
                          rn__fault *fault);
void rn__target_finish(rn__target *target);

/* ---- temporary files in the directory ---- */

enum { RN__TEMPORARY_NAME = 48 };

/* A new file, locked as long as it is open, with a name that no other file has; -1 with
 * errno. */
int rn__temporary_new(const rn__target *target, char name[RN__TEMPORARY_NAME]);

/* Removes temporary files for the same place that runs left when they were killed: those
 * that nobody has locked and that are a minute older than `file`, which is one's own. */
void rn__temporary_sweep(const rn__target *target, int file);

#endif
