/* SPDX-License-Identifier: MIT */
/* NumPy's files: read as NumPy wrote them, written and read, and each error. */
#include "io/io_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden/data_tables.h"
#include "rondo/table.h"

static const rn_allocator standard;

static rn_npy *read_bytes(const void *data, size_t bytes)
{
    char message[300];

    rn_test_write("a.npy", data, bytes);
    rn_npy *n = rn_npy_read("a.npy", standard, message, sizeof message);
    cr_assert(n, "%s", message);
    cr_assert_str_eq(message, "");
    cr_assert_eq((uintptr_t)n->data % 64, 0);
    return n;
}

static double at(const rn_npy *n, int i)
{
    switch (n->type) {
    case RN_F32:
        return ((float *)n->data)[i];
    case RN_F64:
        return ((double *)n->data)[i];
    case RN_I32:
        return ((int32_t *)n->data)[i];
    default:
        return ((unsigned char *)n->data)[i];
    }
}

Test(npy, as_numpy_writes)
{
    static const double values[] = {0, 1, -2, 3, 100, -7};
    rn_test_directory d = rn_test_directory_new();

    for (size_t i = 0; i < sizeof golden_npy / sizeof *golden_npy; i++) {
        const char *type = golden_npy[i].type;
        rn_npy *n = read_bytes(golden_npy[i].data, (size_t)golden_npy[i].bytes);
        const rn_type expected = strstr(type, "f4")   ? RN_F32
                                 : strstr(type, "f8") ? RN_F64
                                 : *type == '?'       ? RN_BOOL
                                                      : RN_I32;
        cr_assert_eq(n->type, expected, "%s", type);
        cr_assert(rn_shape_equal(n->shape, rn_shape(2, 3)));
        for (int k = 0; k < 6; k++) {
            const double value =
                strchr(type, 'u') && values[k] < 0 ? -values[k] : values[k];
            cr_assert_eq(at(n, k), *type == '?' ? value != 0 : value, "%s, %d", type, k);
        }
        rn_npy_free(n);
    }
    rn_test_directory_free(&d);
}

Test(npy, shapes)
{
    rn_test_directory d = rn_test_directory_new();
    rn_npy *n = read_bytes(golden_npy_scalar, golden_npy_scalar_bytes);

    cr_assert(n->type == RN_F32 && n->shape.rank == 0 && at(n, 0) == 2.5);
    rn_npy_free(n);
    n = read_bytes(golden_npy_vector, golden_npy_vector_bytes);
    cr_assert(n->type == RN_I32 && rn_shape_equal(n->shape, rn_shape(5)) && at(n, 4) == 4);
    rn_npy_free(n);
    n = read_bytes(golden_npy_empty, golden_npy_empty_bytes);
    cr_assert(n->type == RN_F64 && rn_shape_equal(n->shape, rn_shape(0, 3)));
    rn_npy_free(n);
    n = read_bytes(golden_npy_deep, golden_npy_deep_bytes);
    cr_assert(rn_shape_equal(n->shape, rn_shape(4, 3, 2)));
    for (int i = 0; i < 24; i++) cr_assert_eq(at(n, i), i / 6 + i / 2 % 3 * 4 + i % 2 * 12);
    rn_npy_free(n);
    rn_test_directory_free(&d);
}

/* The bytes are those that NumPy writes. */
Test(npy, written)
{
    rn_test_directory d = rn_test_directory_new();
    const int32_t vector[] = {0, 1, 2, 3, 4};
    const float scalar = 2.5f;
    char message[100] = "?";
    size_t bytes;

    cr_assert_eq(rn_npy_write("v", RN_I32, rn_shape(5), vector, message, sizeof message),
                 RN_OK);
    cr_assert_str_eq(message, "");
    char *file = rn_test_read("v", &bytes);
    cr_assert_eq(bytes, (size_t)golden_npy_vector_bytes);
    cr_assert_eq(memcmp(file, golden_npy_vector, bytes), 0);
    free(file);
    cr_assert_eq(rn_npy_write("s", RN_F32, rn_shape(), &scalar, NULL, 0), RN_OK);
    file = rn_test_read("s", &bytes);
    cr_assert_eq(bytes, (size_t)golden_npy_scalar_bytes);
    cr_assert_eq(memcmp(file, golden_npy_scalar, bytes), 0);
    free(file);
    cr_assert_eq(rn_npy_write("e", RN_F64, rn_shape(0, 3), NULL, NULL, 0), RN_OK);
    file = rn_test_read("e", &bytes);
    cr_assert_eq(bytes, (size_t)golden_npy_empty_bytes);
    cr_assert_eq(memcmp(file, golden_npy_empty, bytes), 0);
    free(file);

    cr_assert_eq(rn_npy_write(NULL, RN_F64, rn_shape(1), vector, message, 100), RN_INVALID);
    cr_assert_str_eq(message, "npy_write: no path");
    cr_assert_eq(rn_npy_write("x", (rn_type)4, rn_shape(1), vector, message, 100),
                 RN_INVALID);
    cr_assert_str_eq(message, "npy_write: no such type");
    cr_assert_eq(rn_npy_write("x", RN_F64, rn_shape(-1), vector, message, 100), RN_INVALID);
    cr_assert_str_eq(message, "npy_write: no such shape");
    cr_assert_eq(rn_npy_write("x", RN_F64, rn_shape(1), NULL, message, 100), RN_INVALID);
    cr_assert_str_eq(message, "npy_write: no data");
    rn_test_directory_free(&d);
}

/* ---- errors ---- */

static void refused(const void *data, size_t bytes, const char *message)
{
    char got[300];

    rn_test_write("a", data, bytes);
    cr_assert_null(rn_npy_read("a", standard, got, sizeof got), "%s", message);
    cr_assert_str_eq(got, message);
}

/* A file of version 1 with this header and so many bytes 0xFF of data. */
static void header(const char *text, size_t data, const char *message)
{
    char file[400] = "\x93NUMPY\1";
    const size_t length = strlen(text);

    file[8] = (char)length;
    memcpy(file + 10, text, length);
    memset(file + 10 + length, 0xFF, data);
    refused(file, 10 + length + data, message);
}

#define DICTIONARY(descr, order, shape)                                                    \
    "{'descr': " descr ", 'fortran_order': " order ", 'shape': " shape "}"

Test(npy, malformed)
{
    static const char known[] = "which is none of f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1 ";
    rn_test_directory d = rn_test_directory_new();
    char text[200];

    refused("", 0, "a: is too short for a NumPy array");
    refused("\x93NUMPZ\1\0\0\0      ", 16, "a: is not a NumPy array (.npy)");
    refused("\x93NUMPY\4\0\0\0      ", 16, "a: not version 1, 2 or 3");
    refused("\x93NUMPY\1\0\x7\0      ", 16, "a: the file ends within the header");
    refused("\x93NUMPY\2\0\0\0\2\0    ", 16, "a: the header is too long");
    header("   ", 0, "a: the header is not a dictionary");
    header("{}     ", 0, "a: the header lacks descr, fortran_order or shape");
    header("{'x': 1}", 0, "a: the header has an unknown key");
    header("{'shape': (1,), 'shape': (1,)}", 0, "a: a key again");
    header("{'shape': (1,)", 0, "a: the header does not end");
    header("{'shape': (1,", 0, "a: the header's shape has something else than sizes");
    header("{'shape': [1]}", 0, "a: the header's shape is not a tuple");
    header("{'shape': (-1,)}", 0, "a: the header's shape has something else than sizes");
    header("{'shape': (1 2)}", 0, "a: the header's shape does not end");
    header("{'shape': (1,1,1,1,1,1,1,1,1)}", 0, "a: more than 8 axes");
    header("{'shape': (4000000000,4000000000,4)}", 0, "a: the header's shape is too large");
    header("{'fortran_order': 1}", 0, "a: fortran_order is not True or False");
    snprintf(text, sizeof text, "a: elements of type \"<f2\", %s", known);
    header("{'descr': '<f2'}", 0, text);
    snprintf(text, sizeof text, "a: elements of type \"|S5\", %s", known);
    header("{'descr': '|S5'}", 0, text);
    snprintf(text, sizeof text, "a: elements of type \"<c16\", %s", known);
    header("{'descr': '<c16'}", 0, text);
    header("{'descr': [('a', '<f4')]}", 0,
           "a: structured elements [('a', '<f4')]}, not one of f4 f8 i1 i2 i4 i8 u1 u2 u4 "
           "u8 b1 ");
    header(DICTIONARY("'<f4'", "False", "(3,)") "x", 12,
           "a: text behind the header's dictionary");
    header(DICTIONARY("'<f4'", "False", "(3,)"), 11,
           "a: 11 bytes of data, the header says 12");
    header(DICTIONARY("'<f4'", "False", "(3,)"), 13,
           "a: 13 bytes of data, the header says 12");
    header(DICTIONARY("'<u8'", "False", "(1,)"), 8, "a: element 0 is outside of i32");
    header(DICTIONARY("'<u4'", "True", "(2,2)"), 16, "a: element 0 is outside of i32");
    rn_test_directory_free(&d);
}

Test(npy, other_errors)
{
    char message[100];

    cr_assert_null(rn_npy_read(NULL, standard, message, sizeof message));
    cr_assert_str_eq(message, "npy_read: no path");
    cr_assert_null(rn_npy_read("/no/such", standard, message, 10));
    cr_assert_str_eq(message, "/no/such:");
    cr_assert_null(rn_npy_read("/no/such", standard, NULL, 0));
}
