/* SPDX-License-Identifier: MIT */
/* Where a file is written: its directory, its name there, and what is there already. */
#ifndef RN_IO_FILE_PLACE_H
#define RN_IO_FILE_PLACE_H

#include <sys/stat.h>

#include "io/fault.h"

/* "a directory", "a pipe" and so on; NULL for a regular file. */
const char *rn__file_kind(mode_t mode);

typedef struct rn__place {
    rn_allocator allocator;
    char *path;       /* with symbolic links followed */
    const char *name; /* its last part */
    int directory;    /* open; -1: not */
    bool exists;
    struct stat old; /* of the file that is there */
} rn__place;

/* Finds where `path` leads; a symbolic link may lead to a file that is not there yet.
 * Refuses what is no regular file, what may not be written, and a directory in which no
 * file can be made. Finish in any case. */
rn_status rn__place_find(rn__place *place, rn_allocator allocator, const char *path,
                         rn__fault *fault);
void rn__place_finish(rn__place *place);

/* ---- temporary files in the directory ---- */

enum { RN__TEMPORARY_NAME = 48 };

/* A new file, locked as long as it is open, with a name that no other file has; -1 with
 * errno. */
int rn__temporary_new(const rn__place *place, char name[RN__TEMPORARY_NAME]);

/* Removes temporary files for the same place that runs left when they were killed: those
 * that nobody has locked and that are a minute older than `file`, which is one's own. */
void rn__temporary_sweep(const rn__place *place, int file);

#endif
