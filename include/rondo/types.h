/* SPDX-License-Identifier: MIT */
/*
 * Element types, shapes, status codes and the allocator, which all other headers use.
 */
#ifndef RONDO_TYPES_H
#define RONDO_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(RONDO_BUILD) || !defined(_WIN32)
#define RN_API __attribute__((visibility("default")))
#else
#define RN_API
#endif

#if defined(__GNUC__)
#define RN_PRINTF(at, first) __attribute__((__format__(__printf__, at, first)))
#else
#define RN_PRINTF(at, first)
#endif

/* The version of the library at run time, "major.minor.patch". */
RN_API const char *rn_version(void);

/* The instruction set that rn_compile selects kernels for: "baseline", "avx2" or "avx512".
 * It is the best one that the processor and the operating system support. The environment
 * variable RONDO_ISA selects a lower one. The baseline is SSE2 on x86-64 and NEON on
 * aarch64, which has no other. */
RN_API const char *rn_isa(void);

/* Element types. Only f32 and f64, the real types, have gradients. A bool is one byte, 0 or
 * 1. */
typedef enum rn_type { RN_F32, RN_F64, RN_I32, RN_BOOL } rn_type;
enum { RN_TYPES = 4 };

/* "f32", "f64", "i32" or "bool". */
RN_API const char *rn_type_name(rn_type type);

/* Bytes of one element. */
RN_API size_t rn_type_size(rn_type type);

/* The sizes of a tensor, slowest axis first. Rank 0 is a scalar; sizes may be 0. */
enum { RN_RANK_MAX = 8 };
typedef struct rn_shape {
    int rank;
    int64_t size[RN_RANK_MAX];
} rn_shape;

/* A shape from an array of sizes. If the rank is outside 0..RN_RANK_MAX or `sizes` is NULL
 * for a rank above 0, the result has rank -1, which every builder refuses. */
RN_API rn_shape rn_shape_of(int rank, const int64_t *sizes);

/* A shape from its sizes, rn_shape(32, 128); rn_shape() is that of a scalar. */
#ifdef __cplusplus
extern "C++" {
template <typename... Sizes> inline rn_shape rn__shape_with(Sizes... sizes)
{
    const int64_t all[] = {0, static_cast<int64_t>(sizes)...};

    return rn_shape_of(static_cast<int>(sizeof...(Sizes)), all + 1);
}
}
#define rn_shape(...) rn__shape_with(__VA_ARGS__)
#else
#define rn_shape(...)                                                                      \
    rn_shape_of((int)(sizeof((int64_t[]){0, __VA_ARGS__}) / sizeof(int64_t)) - 1,          \
                (int64_t[]){0, __VA_ARGS__} + 1)
#endif

/* True if rank and sizes are equal. A shape with a rank outside 0..RN_RANK_MAX equals none,
 * not even itself. */
RN_API bool rn_shape_equal(rn_shape a, rn_shape b);

/* The number of elements. -1 if the shape is not valid: its rank is outside 0..RN_RANK_MAX,
 * a size is negative, or the number of elements overflows. */
RN_API int64_t rn_shape_count(rn_shape shape);

/* The result of functions that are not builders. After an error the object that was called
 * has a message. */
typedef enum rn_status {
    RN_OK = 0,
    RN_INVALID,   /* an invalid argument: a bug in the caller */
    RN_NO_MEMORY, /* an allocation failed; nothing is lost or leaked */
    RN_BAD_FILE,  /* a file is malformed or does not match the model */
    RN_IO,        /* the operating system could not read or write a file */
    RN_BAD_VALUE  /* a kernel rejected its input values, such as an index out of range */
} rn_status;

/* The one function that manages all memory, modelled on Lua's. If `bytes` is 0 it frees
 * `memory`, which may be NULL, and returns NULL. If `memory` is NULL it allocates.
 * Otherwise it resizes. On failure it returns NULL and leaves `memory` unchanged. Memory
 * must be aligned as by malloc. Any thread that calls the library may call it. */
typedef void *(*rn_reallocate)(void *user, void *memory, size_t bytes);

typedef struct rn_allocator {
    rn_reallocate reallocate; /* NULL: the C library's */
    void *user;
} rn_allocator;

#ifdef __cplusplus
}
#endif
#endif
