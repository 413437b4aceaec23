/* SPDX-License-Identifier: MIT */
/* Files: reading, replacing, and leaving them unchanged after a failure. */
#include "io/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "io_support.h"

static const rn_allocator plain = {NULL, NULL};

/* Reads the whole file; free *data with rn__free. */
static rn_status read_all(rn_allocator a, const char *path, unsigned char **data,
                          size_t *bytes, rn__fault *fault)
{
    rn__file file;
    rn_status status = rn__file_open(&file, path, fault);

    *data = NULL;
    if (status != RN_OK) return status;
    *bytes = file.bytes;
    *data = (unsigned char *)rn__allocate(a, *bytes);
    status = *data ? rn__file_take(&file, 0, *data, *bytes, fault)
                   : rn__fault_set(fault, RN_NO_MEMORY, path, "out of memory");
    rn__file_close(&file);
    return status;
}

static void read_fails(const char *path, rn_status status, const char *message)
{
    rn__fault fault = {""};
    rn__file file;

    cr_assert_eq(rn__file_open(&file, path, &fault), status);
    cr_assert_str_eq(fault.message, message, "%s", fault.message);
    cr_assert(!file.open);
}

static rn_status replace(const char *path, const char *text, rn__fault *fault)
{
    const size_t half = strlen(text) / 2;
    const rn__piece pieces[] = {
        {text, half}, {NULL, 0}, {text + half, strlen(text) - half}};

    return rn__file_replace(plain, path, pieces, 3, fault);
}

static void holds(const char *path, const char *want)
{
    size_t bytes;
    char *text = rn_test_read(path, &bytes);

    cr_assert_str_eq(text, want);
    free(text);
}

Test(file, read)
{
    rn_test_directory d = rn_test_directory_new();
    rn__fault fault = {""};
    unsigned char *data;
    size_t bytes;

    rn_test_write("x", "hello", 5);
    cr_assert_eq(read_all(plain, "x", &data, &bytes, &fault), RN_OK);
    cr_assert(bytes == 5 && !memcmp(data, "hello", 5));
    rn__free(plain, data);
    rn_test_write("empty", "", 0);
    cr_assert_eq(read_all(plain, "empty", &data, &bytes, &fault), RN_OK);
    cr_assert(bytes == 0 && data);
    rn__free(plain, data);

    read_fails("none", RN_IO, "none: cannot be opened: No such file or directory");
    read_fails(".", RN_BAD_FILE, ".: is a directory, not a regular file");
    cr_assert(!mkfifo("pipe", 0600));
    read_fails("pipe", RN_BAD_FILE, "pipe: is a pipe, not a regular file");
    rn_test_directory_free(&d);
}

/* From any place on, and no further than to the end. */
Test(file, read_in_parts)
{
    rn_test_directory d = rn_test_directory_new();
    rn__fault fault = {""};
    rn__file file;
    char text[8] = "";

    rn_test_write("x", "hello", 5);
    cr_assert_eq(rn__file_open(&file, "x", &fault), RN_OK);
    cr_assert_eq(rn__file_take(&file, 3, text, 2, &fault), RN_OK);
    cr_assert_str_eq(text, "lo");
    cr_assert_eq(rn__file_take(&file, 1, text, 3, &fault), RN_OK);
    cr_assert_str_eq(text, "ell");
    cr_assert_eq(rn__file_take(&file, 3, text, 3, &fault), RN_BAD_FILE);
    cr_assert_str_eq(fault.message, "x: shrank while it was read");
    rn__file_close(&file);
    rn_test_directory_free(&d);
}

Test(file, replace)
{
    rn_test_directory d = rn_test_directory_new();
    rn__fault fault = {""};
    struct stat about;

    umask(027);
    cr_assert_eq(replace("x", "first", &fault), RN_OK, "%s", fault.message);
    holds("x", "first");
    cr_assert(!stat("x", &about) && (about.st_mode & 0777) == 0640, "umask holds");
    cr_assert_eq(replace("x", "", &fault), RN_OK);
    holds("x", "");
    cr_assert_eq(replace("./x", "second, and longer", &fault), RN_OK);
    holds("x", "second, and longer");

    char path[128];
    snprintf(path, sizeof path, "%s/x", d.path);
    cr_assert_eq(replace(path, "third", &fault), RN_OK);
    holds("x", "third");
    cr_assert_eq(rn_test_directory_count(), 1, "a temporary file is left");
    cr_assert_str_eq(fault.message, "");
    rn_test_directory_free(&d);
}

Test(file, failures_leave_the_old_file)
{
    rn_test_directory d = rn_test_directory_new();
    rn__fault fault = {""};

    cr_assert_eq(replace("no/x", "new", &fault), RN_IO);
    cr_assert_str_eq(fault.message, "no/x: cannot be written: No such file or directory");

    /* A directory cannot be replaced by a file. */
    cr_assert(!mkdir("folder", 0700));
    fault.message[0] = 0;
    cr_assert_eq(replace("folder", "new", &fault), RN_IO);
    cr_assert_str_eq(fault.message, "folder: is a directory, not a regular file");
    cr_assert_eq(rn_test_directory_count(), 1, "a temporary file is left");

    /* A limit on the size of files, whose signal would end the process. */
    rn_test_write("x", "old", 3);
    struct rlimit limit = {2, 2};
    cr_assert(!setrlimit(RLIMIT_FSIZE, &limit));
    fault.message[0] = 0;
    cr_assert_eq(replace("x", "new and long", &fault), RN_IO);
    cr_assert_str_eq(fault.message, "x: cannot be written: 12 bytes, the limit is 2 "
                                    "(ulimit -f)");
    holds("x", "old");
    cr_assert_eq(rn_test_directory_count(), 2, "a temporary file is left");
    rn_test_directory_free(&d);
}

Test(file, long_paths_show_their_end)
{
    char path[1000], want[400];

    memset(path, 'd', sizeof path);
    strcpy(path + 900, "/the-end");
    path[908] = 0;
    snprintf(want, sizeof want, "...%s: cannot be opened: File name too long",
             path + 908 - 200);
    read_fails(path, RN_IO, want);
}

static bool work(rn_allocator a)
{
    rn__fault fault = {""};
    const rn__piece piece = {"new", 3};
    const rn_status written = rn__file_replace(a, "x", &piece, 1, &fault);
    unsigned char *data = NULL;
    size_t bytes;
    rn_status status = written;

    if (status == RN_OK) status = read_all(a, "x", &data, &bytes, &fault);
    cr_assert(status == RN_OK || status == RN_NO_MEMORY);
    cr_assert(status == RN_OK || !strcmp(fault.message, "x: out of memory"));
    rn__free(a, data);
    return status == RN_OK;
}

Test(file, every_allocation_may_fail)
{
    rn_test_directory d = rn_test_directory_new();

    rn_test_each_failure(work);
    cr_assert_eq(rn_test_directory_count(), 1);
    rn_test_directory_free(&d);
}
