/* SPDX-License-Identifier: MIT */
/* Temporary directories and whole files, for the tests of files. */
#include "io_support.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

rn_test_directory rn_test_directory_new(void)
{
    rn_test_directory d = {"/tmp/rondo-test-XXXXXX"};

    cr_assert(mkdtemp(d.path) && !chdir(d.path));
    return d;
}

/* Entries of the directory that is entered; removed if `clear`. */
static int walk(bool clear)
{
    DIR *directory = opendir(".");
    int count = 0;

    cr_assert(directory);
    for (struct dirent *e; (e = readdir(directory)) != NULL;) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) continue;
        count++;
        if (clear) remove(e->d_name);
    }
    closedir(directory);
    return count;
}

int rn_test_directory_count(void)
{
    return walk(false);
}

void rn_test_directory_free(rn_test_directory *directory)
{
    cr_assert(!chdir(directory->path));
    walk(true);
    cr_assert(!chdir("/") && !rmdir(directory->path));
}

void rn_test_write(const char *path, const void *data, size_t bytes)
{
    FILE *file = fopen(path, "wb");

    cr_assert(file);
    cr_assert_eq(fwrite(data, 1, bytes, file), bytes);
    cr_assert(!fclose(file));
}

char *rn_test_read(const char *path, size_t *bytes)
{
    FILE *file = fopen(path, "rb");
    char *data = (char *)malloc(1 << 20);

    cr_assert(file && data, "%s", path);
    *bytes = fread(data, 1, (1 << 20) - 1, file);
    data[*bytes] = 0;
    fclose(file);
    return data;
}

void rn_test_write_safetensors(const char *path, const char *header, const void *data,
                               size_t bytes)
{
    const size_t length = strlen(header);
    char *all = (char *)malloc(8 + length + bytes);

    for (int i = 0; i < 8; i++) all[i] = (char)(unsigned char)((uint64_t)length >> (8 * i));
    memcpy(all + 8, header, length);
    if (bytes) memcpy(all + 8 + length, data, bytes);
    rn_test_write(path, all, 8 + length + bytes);
    free(all);
}

rn_status rn_test_safetensors(rn__safetensors *st, rn_allocator allocator, const char *path,
                              rn__fault *fault)
{
    const rn_status status = rn__safetensors_open(st, allocator, path, fault);

    return status == RN_OK ? rn__safetensors_data(st, fault) : status;
}
