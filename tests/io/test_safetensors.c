/* SPDX-License-Identifier: MIT */
/* safetensors: what is written is read, and what is not safetensors is refused. */
#include "safetensors.h"

#include <stdlib.h>
#include <string.h>

#include "io_support.h"

static const rn_allocator plain = {NULL, NULL};

static rn_status read_file(const char *path, rn__fault *fault)
{
    rn__safetensors st;
    const rn_status status = rn__safetensors_read(&st, plain, path, fault);

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

    cr_assert_eq(rn__safetensors_write(plain, "x", all, 5, &fault), RN_OK, "%s",
                 fault.message);
    cr_assert_eq(rn__safetensors_read(&st, plain, "x", &fault), RN_OK, "%s", fault.message);
    cr_assert_eq(st.count, 5);
    for (int i = 0; i < 5; i++) {
        const rn__stored *got = rn__safetensors_find(&st, all[i].name);
        const size_t bytes =
            (size_t)rn_shape_count(all[i].shape) * rn_type_size(all[i].type);
        cr_assert(got, "no %s", all[i].name);
        cr_assert(got->type == all[i].type && rn_shape_equal(got->shape, all[i].shape));
        cr_assert_eq(got->end - got->begin, bytes);
        cr_assert(!bytes || !memcmp(got->data, all[i].data, bytes));
        cr_assert_eq(got->begin % rn_type_size(got->type), 0, "not aligned");
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

    cr_assert_eq(rn__safetensors_write(plain, "x", one, 2, &fault), RN_OK);
    cr_assert_eq(rn__safetensors_write(plain, "y", other, 2, &fault), RN_OK);
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

    cr_assert_eq(rn__safetensors_write(plain, "x", NULL, 0, &fault), RN_OK);
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
    file_gives("\3\0\0\0\0\0\0\0{}", 10, "x: the header reaches beyond the end");
    file_gives("\1\xe1\xf5\5\0\0\0\0{}", 10, "x: the header is longer than 100 MB");
    file_gives("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10,
               "x: the header is longer than 100 MB");
    file_gives("\xf8\xff\xff\xff\xff\xff\xff\xff{}", 10,
               "x: the header is longer than 100 MB");
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

    cr_assert_eq(rn__safetensors_write(plain, "x", all, 2, &fault), RN_OK);
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

    cr_assert_eq(rn__safetensors_write(plain, "x", all, 2, &fault), RN_OK);
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
    rn_status status = rn__safetensors_write(a, "x", &one, 1, &fault);

    if (status == RN_OK) {
        rn_test_write_safetensors("x",
                                  "{\"__metadata__\":{\"a\":\"b\"},\"w\":{\"dtype\":"
                                  "\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
                                  "12345678", 8);
        status = rn__safetensors_read(&st, a, "x", &fault);
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

/* Many tensors are no slower each than few: nothing is quadratic. */
Test(safetensors, many_tensors, .timeout = 20)
{
    enum { MANY = 200000 };
    rn_test_directory d = rn_test_directory_new();
    rn__stored *all = (rn__stored *)calloc(MANY, sizeof *all);
    char *names = (char *)malloc(MANY * 24);
    const float f = 1;
    rn__fault fault = {""};
    rn__safetensors st;

    for (int i = 0; i < MANY; i++) {
        snprintf(names + i * 24, 24, "tensor%d", i);
        all[i] = (rn__stored){names + i * 24, RN_F32, {0, {0}}, 0, 0, &f};
    }
    cr_assert_eq(rn__safetensors_write(plain, "x", all, MANY, &fault), RN_OK);
    cr_assert_eq(rn__safetensors_read(&st, plain, "x", &fault), RN_OK, "%s", fault.message);
    cr_assert_eq(st.count, MANY);
    cr_assert(rn__safetensors_find(&st, "tensor199999"));
    rn__safetensors_finish(&st);
    free(all);
    free(names);
    rn_test_directory_free(&d);
}
