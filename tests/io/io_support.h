/* SPDX-License-Identifier: MIT */
/* Temporary directories and whole files, for the tests of files. */
#ifndef RN_TESTS_IO_SUPPORT_H
#define RN_TESTS_IO_SUPPORT_H

#include "io/safetensors.h"
#include "nn_support.h"

/* A new empty directory, entered; and leaving and removing it with all that is in it. */
typedef struct rn_test_directory {
    char path[64];
} rn_test_directory;

rn_test_directory rn_test_directory_new(void);
void rn_test_directory_free(rn_test_directory *directory);

/* Number of entries, without . and .. */
int rn_test_directory_count(void);

void rn_test_write(const char *path, const void *data, size_t bytes);

/* The file's bytes with a 0 behind them; free() them. */
char *rn_test_read(const char *path, size_t *bytes);

/* A safetensors file of this header, with its length in front, and `data` behind. */
void rn_test_write_safetensors(const char *path, const char *header, const void *data,
                               size_t bytes);

/* Opens a file and reads all of it. Finish in any case. */
rn_status rn_test_safetensors(rn__safetensors *st, rn_allocator allocator, const char *path,
                              rn__fault *fault);

/* Fails unless a text is an XML document: tags nest, attributes are quoted, and special
 * characters are escaped. */
void rn_test_xml(const char *text);

/* The text of an SVG file, after checking it; free() it. */
char *rn_test_picture(const char *path);

/* How often a text has a part. */
int rn_test_times(const char *text, const char *part);

#endif
