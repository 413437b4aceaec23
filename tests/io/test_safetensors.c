/* SPDX-License-Identifier: MIT */
/* safetensors: written files can be read, and other files are refused. */
#include "io/safetensors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "io_support.h"

static const rn_allocator plain = {NULL, NULL};

static rn_status read_file(const char *path, rn__fault *fault)
{
    rn__safetensors st;
    const rn_status status = rn_test_safetensors(&st, plain, path, fault);

    rn__safetensors_finish(&st);
    return status;
}

/* ---- round trips ---- */

Test(safetensors, round_trip)
{
    rn_test_directory d = rn_test_directory_new();
    const float f[6] = {1, -2, 0.5f, 1e30f, 0, -0.f};
    const double r[1] = {3.25};
    const int32_t n[2] = {-1, 7};
    const bool b[3] = {true, false, true};
    const rn__stored all[] = {
        {"z/f", RN_F32, {2, {2, 3}}, 0, 0, f},
        {"flags", RN_BOOL, {1, {3}}, 0, 0, b},
        {"scalar", RN_F64, {0, {0}}, 0, 0, r},
        {"none", RN_I32, {3, {4, 0, 2}}, 0, 0, NULL},
        {"a \"\\\n\xc3\xa9", RN_I32, {1, {2}}, 0, 0, n},
    };
    rn__fault fault = {""};
    rn__safetensors st;

    cr_assert_eq(rn__safetensors_write(plain, "x", all, 5, NULL, &fault), RN_OK, "%s",
                 fault.message);
    cr_assert_eq(rn_test_safetensors(&st, plain, "x", &fault), RN_OK, "%s", fault.message);
    cr_assert_eq(st.count, 5);
    for (int i = 0; i < 5; i++) {
        const rn__stored *got = rn__safetensors_find(&st, all[i].name);
        const size_t bytes =
            (size_t)rn_shape_count(all[i].shape) * rn_type_size((rn_type)all[i].type);
        cr_assert(got, "no %s", all[i].name);
        cr_assert(got->type == all[i].type && rn_shape_equal(got->shape, all[i].shape));
        cr_assert_eq(got->end - got->begin, bytes);
        cr_assert(!bytes || !memcmp(got->data, all[i].data, bytes));
        cr_assert_eq(got->begin % rn_type_size((rn_type)got->type), 0, "not aligned");
    }
    cr_assert(!rn__safetensors_find(&st, "flag"));
    rn__safetensors_finish(&st);
    rn_test_directory_free(&d);
}

Test(safetensors, the_bytes)
{
    static const char want[] =
        "{\"a\":{\"dtype\":\"I32\",\"shape\":[],\"data_offsets\":[0,4]},"
        "\"b\":{\"dtype\":\"BOOL\",\"shape\":[1],\"data_offsets\":[4,5]}}";
    rn_test_directory d = rn_test_directory_new();
    const int32_t n = 0x01020304;
    const bool b = true;
    const rn__stored a_tensor = {"a", RN_I32, {0, {0}}, 0, 0, &n};
    const rn__stored b_tensor = {"b", RN_BOOL, {1, {1}}, 0, 0, &b};
    const rn__stored one[] = {a_tensor, b_tensor}, other[] = {b_tensor, a_tensor};
    rn__fault fault = {""};
    size_t bytes, again;

    cr_assert_eq(rn__safetensors_write(plain, "x", one, 2, NULL, &fault), RN_OK);
    cr_assert_eq(rn__safetensors_write(plain, "y", other, 2, NULL, &fault), RN_OK);
    char *x = rn_test_read("x", &bytes), *y = rn_test_read("y", &again);
    cr_assert(bytes == again && !memcmp(x, y, bytes), "the order changes the file");
    const size_t header = bytes - 5;
    cr_assert_eq((size_t)(unsigned char)x[0] + 8, header);
    cr_assert_eq(header % 8, 0);
    cr_assert(!memcmp(x + 8, want, sizeof want - 1));
    for (size_t i = sizeof want + 7; i < header; i++) cr_assert_eq(x[i], ' ');
    cr_assert(!memcmp(x + header, &n, 4) && x[header + 4] == 1);
    free(x);
    free(y);
    rn_test_directory_free(&d);
}

Test(safetensors, nothing)
{
    rn_test_directory d = rn_test_directory_new();
    rn__fault fault = {""};

    cr_assert_eq(rn__safetensors_write(plain, "x", NULL, 0, NULL, &fault), RN_OK);
    cr_assert_eq(read_file("x", &fault), RN_OK, "%s", fault.message);
    rn_test_directory_free(&d);
}

/* ---- the frame ---- */

static void file_gives(const void *data, size_t bytes, const char *message)
{
    rn__fault fault = {""};

    rn_test_write("x", data, bytes);
    cr_assert_eq(read_file("x", &fault), RN_BAD_FILE);
    cr_assert_str_eq(fault.message, message, "%s", fault.message);
}

Test(safetensors, bad_frames)
{
    rn_test_directory d = rn_test_directory_new();

    file_gives("", 0, "x: too short for a header");
    file_gives("\2\0\0\0\0\0\0", 7, "x: too short for a header");
    file_gives("\0\0\0\0\0\0\0\0", 8, "x: the header does not begin with {");
    file_gives("\3\0\0\0\0\0\0\0{}", 10,
               "x: the header reaches beyond the end: 3 bytes in a file of 10");
    file_gives("\1\xe1\xf5\5\0\0\0\0{}", 10,
               "x: the header is longer than 100 MB: 100000001 bytes by the first 8");
    file_gives("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10,
               "x: the header is longer than 100 MB: 18446744073709551615 bytes by the "
               "first 8");
    file_gives("\xf8\xff\xff\xff\xff\xff\xff\xff{}", 10,
               "x: the header is longer than 100 MB: 18446744073709551608 bytes by the "
               "first 8");
    rn_test_directory_free(&d);
}

/* No prefix of a file is a file. */
Test(safetensors, every_prefix)
{
    rn_test_directory d = rn_test_directory_new();
    const double r[4] = {1, 2, 3, 4};
    const rn__stored all[] = {{"a", RN_F64, {1, {3}}, 0, 0, r},
                              {"b", RN_F64, {2, {1, 1}}, 0, 0, r + 3}};
    rn__fault fault = {""};
    size_t bytes;

    cr_assert_eq(rn__safetensors_write(plain, "x", all, 2, NULL, &fault), RN_OK);
    char *file = rn_test_read("x", &bytes);
    for (size_t i = 0; i < bytes; i++) {
        fault.message[0] = 0;
        rn_test_write("x", file, i);
        cr_assert_eq(read_file("x", &fault), RN_BAD_FILE, "%zu of %zu bytes", i, bytes);
    }
    free(file);
    rn_test_directory_free(&d);
}

/* Every byte of the header changed to some others: read or refused, but never worse. */
Test(safetensors, every_changed_byte)
{
    static const char others[] = "\0\"\\{}[],:09 \x80\xff"
                                 "a";
    rn_test_directory d = rn_test_directory_new();
    const double r[4] = {1, 2, 3, 4};
    const rn__stored all[] = {{"a", RN_F64, {1, {3}}, 0, 0, r},
                              {"b\n", RN_F32, {2, {1, 2}}, 0, 0, r + 3}};
    rn__fault fault = {""};
    size_t bytes;

    cr_assert_eq(rn__safetensors_write(plain, "x", all, 2, NULL, &fault), RN_OK);
    char *file = rn_test_read("x", &bytes);
    for (size_t i = 0; i < bytes - 32; i++)
        for (size_t k = 0; k < sizeof others - 1; k++) {
            const char kept = file[i];
            file[i] = others[k];
            fault.message[0] = 0;
            rn_test_write("x", file, bytes);
            const rn_status status = read_file("x", &fault);
            cr_assert(status == RN_OK || status == RN_BAD_FILE);
            cr_assert_eq(status == RN_OK, !fault.message[0]);
            file[i] = kept;
        }
    free(file);
    rn_test_directory_free(&d);
}

/* ---- memory and time ---- */

static bool work(rn_allocator a)
{
    const double r = 1;
    const rn__stored one = {"a", RN_F64, {0, {0}}, 0, 0, &r};
    rn__safetensors st = {.allocator = a};
    rn__fault fault = {""};
    rn_status status = rn__safetensors_write(a, "x", &one, 1, NULL, &fault);

    if (status == RN_OK) {
        rn_test_write_safetensors("x",
                                  "{\"__metadata__\":{\"a\":\"b\"},\"w\":{\"dtype\":"
                                  "\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
                                  "12345678", 8);
        status = rn_test_safetensors(&st, a, "x", &fault);
    }
    rn__safetensors_finish(&st);
    cr_assert(status == RN_OK || status == RN_NO_MEMORY);
    cr_assert(status == RN_OK || !strcmp(fault.message, "x: out of memory"));
    return status == RN_OK;
}

Test(safetensors, every_allocation_may_fail)
{
    rn_test_directory d = rn_test_directory_new();

    rn_test_each_failure(work);
    rn_test_directory_free(&d);
}

/* ---- what is judged before it is read ---- */

/* An allocator that gives no more than a few bytes at a time. */
static void *give_little(void *user, void *memory, size_t bytes)
{
    const size_t *most = (const size_t *)user;

    if (bytes > *most) return NULL;
    if (bytes) return realloc(memory, bytes);
    free(memory);
    return NULL;
}

/* Files of 3 GB that are wrong in what stands first need no memory for the rest. */
Test(safetensors, the_header_is_judged_first)
{
    static const struct {
        const char *bytes;
        size_t count;
        const char *message;
    } files[] = {
        {"\0\0\0\0\0\0\0\0{", 9, "x: the header does not begin with {"},
        {"\0\xe1\xf5\5\0\0\0\0[", 9, "x: the header does not begin with {"},
        {"\2\0\0\0\0\0\0\0{}", 10, "x: there are bytes after the last tensor"},
        {"\x40\0\0\0\0\0\0\0{\"w\":{\"dtype\":\"F32\",\"shape\":[9],"
         "\"data_offsets\":[0,3000000000]}}  ",
         72, "x: tensor \"w\": its offsets do not match its shape and type"},
    };
    rn_test_directory d = rn_test_directory_new();
    size_t most = 100000;
    const rn_allocator little = {give_little, &most};

    for (int i = 0; i < 4; i++) {
        rn__fault fault = {""};
        rn__safetensors st;
        rn_test_write("x", files[i].bytes, files[i].count);
        cr_assert(!truncate("x", 3000000072));
        cr_assert_eq(rn_test_safetensors(&st, little, "x", &fault), RN_BAD_FILE, "%d: %s",
                     i, fault.message);
        cr_assert_str_eq(fault.message, files[i].message, "%s", fault.message);
        rn__safetensors_finish(&st);
    }
    rn_test_directory_free(&d);
}

/* What could not be read again is not written, and the old file stays. */
Test(safetensors, a_header_that_is_too_long)
{
    enum { LENGTH = 50000000 };
    rn_test_directory d = rn_test_directory_new();
    char *name = (char *)malloc(LENGTH + 1);
    const float f = 1;
    const rn__stored one = {name, RN_F32, {0, {0}}, 0, 0, &f};
    rn__fault fault = {""};

    memset(name, '"', LENGTH); /* two characters each in the file */
    name[LENGTH] = 0;
    rn_test_write("x", "old", 3);
    cr_assert_eq(rn__safetensors_write(plain, "x", &one, 1, NULL, &fault), RN_INVALID);
    cr_assert(strstr(fault.message, "the header would be longer than 100 MB: 1000000"),
              "%s", fault.message);
    name[LENGTH - 40] = 0;
    fault.message[0] = 0;
    cr_assert_eq(rn__safetensors_write(plain, "y", &one, 1, NULL, &fault), RN_OK, "%s",
                 fault.message);
    cr_assert_eq(read_file("y", &fault), RN_OK, "%s", fault.message);
    size_t bytes;
    char *old = rn_test_read("x", &bytes);
    cr_assert_str_eq(old, "old");
    free(old);
    free(name);
    rn_test_directory_free(&d);
}

/* ---- what files are that are none ---- */

Test(safetensors, other_formats)
{
    static const char lfs[] =
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n";
    rn_test_directory d = rn_test_directory_new();
    char tar[600] = "model/weights.bin";

    memcpy(tar + 257, "ustar", 5);
    file_gives(lfs, sizeof lfs - 1,
               "x: is a git-lfs pointer, not the file itself: run git lfs pull");
    file_gives("PK\3\4\0\0\x08\x08\0\0", 10,
               "x: is a zip archive, such as PyTorch and NumPy write; Rondo reads "
               "safetensors");
    file_gives("\x80\2\x8a\nl\xfc\x9c\x46\xf9\x20", 10,
               "x: is a Python pickle, such as PyTorch wrote; Rondo reads safetensors");
    file_gives("\x1f\x8b\x08\0\0\0\0\0\0\3", 10, "x: is a gzip file; unpack it first");
    file_gives("\x89HDF\r\n\x1a\n\0\0", 10,
               "x: is an HDF5 file, such as Keras writes; Rondo reads safetensors");
    file_gives("GGUF\3\0\0\0\x23\1", 10,
               "x: is a GGUF file, as llama.cpp uses them; Rondo reads safetensors");
    file_gives("\x08\x08\x12\x07pytorch\x1a", 12,
               "x: is an ONNX model; Rondo reads safetensors");
    file_gives("\x93NUMPY\1\0v\0", 10, "x: is a NumPy array; Rondo reads safetensors");
    file_gives(tar, sizeof tar, "x: is a tar archive; unpack it first");
    file_gives("<!DOCTYPE html><html>", 21,
               "x: is a web page, not a model: the download went wrong");
    file_gives(
        "{\n  \"metadata\": {", 17,
        "x: is JSON text, such as the index of a model in several files; Rondo reads "
        "safetensors");
    file_gives("charlm 1\ncell lstm\n", 19,
               "x: is text, not a model; Rondo reads safetensors");
    file_gives("GGUF", 4,
               "x: is a GGUF file, as llama.cpp uses them; Rondo reads "
               "safetensors");
    rn_test_directory_free(&d);
}

/* A header whose length begins like another format is read all the same. */
Test(safetensors, a_length_that_looks_like_a_format)
{
    rn_test_directory d = rn_test_directory_new();
    char header[0x8b1f + 1];

    memset(header, ' ', sizeof header);
    memcpy(header, "{}", 2);
    header[sizeof header - 1] = 0;
    rn_test_write_safetensors("x", header, "", 0);
    rn__fault fault = {""};
    cr_assert_eq(read_file("x", &fault), RN_OK, "%s", fault.message);
    rn_test_directory_free(&d);
}

/* ---- time ---- */

/* The work of writing and reading n tensors in an order that is not sorted: the processor's
 * seconds, the best of three. */
static double cost_of(int n)
{
    rn__stored *all = (rn__stored *)calloc((size_t)n, sizeof *all);
    char *names = (char *)malloc((size_t)n * 24);
    const float f = 1;
    double best = HUGE_VAL;

    for (int i = 0; i < n; i++) {
        char *name = names + (size_t)i * 24;
        snprintf(name, 24, "tensor%u", (unsigned)i * 2654435761u);
        all[i] = (rn__stored){name, RN_F32, {0, {0}}, 0, 0, &f};
    }
    for (int i = 0; i < 3; i++) {
        rn__fault fault = {""};
        rn__safetensors st;
        const clock_t begin = clock();
        cr_assert_eq(rn__safetensors_write(plain, "x", all, (size_t)n, NULL, &fault),
                     RN_OK);
        cr_assert_eq(rn_test_safetensors(&st, plain, "x", &fault), RN_OK);
        cr_assert_eq(st.count, (size_t)n);
        cr_assert(rn__safetensors_find(&st, names));
        rn__safetensors_finish(&st);
        best = fmin(best, (double)(clock() - begin) / CLOCKS_PER_SEC);
    }
    free(all);
    free(names);
    return best;
}

/* Four times as many tensors take about four times as long. */
Test(safetensors, many_tensors, .timeout = 120)
{
    rn_test_directory d = rn_test_directory_new();
    const double few = cost_of(50000), many = cost_of(200000);

    cr_assert(many < 10 * few, "%g s, then %g s", few, many);
    rn_test_directory_free(&d);
}
