/* SPDX-License-Identifier: MIT */
/*
 * Element types, shapes, status codes and the allocator: what every other header needs.
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

/* The version of the library that is linked, "major.minor.patch". */
RN_API const char *rn_version(void);

/* The instruction set whose kernels a program compiled now would use: "baseline", "avx2" or
 * "avx512". The best one that the processor and the operating system support, or the one
 * that RONDO_ISA in the environment names if that is lower. */
RN_API const char *rn_isa(void);

/* Element types. Only the two real types have gradients. A bool is one byte, 0 or 1. */
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

/* A shape from an array of sizes. A rank outside 0..RN_RANK_MAX, or no array where there
 * are axes, gives rank -1, which every builder refuses. */
RN_API rn_shape rn_shape_of(int rank, const int64_t *sizes);

/* The shape with these sizes, rn_shape(32, 128); rn_shape() is a scalar's. */
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

/* True when rank and all sizes agree. A shape of a rank outside 0..RN_RANK_MAX is equal to
 * none. */
RN_API bool rn_shape_equal(rn_shape a, rn_shape b);

/* Number of elements, or -1 when there is no such shape: the rank is outside
 * 0..RN_RANK_MAX, a size is negative or the product does not fit. */
RN_API int64_t rn_shape_count(rn_shape shape);

/* What functions that are not builders return. A message that says what happened stays on
 * the object that was called. */
typedef enum rn_status {
    RN_OK = 0,
    RN_INVALID,   /* an argument cannot be right: the caller's bug */
    RN_NO_MEMORY, /* an allocation failed; nothing is lost or leaked */
    RN_BAD_FILE,  /* a file is not what it should be */
    RN_IO,        /* the system could not read or write */
    RN_BAD_VALUE  /* data fed to a run are out of range, such as an index */
} rn_status;

/* One function for all memory, in the shape of Lua's: `bytes` 0 frees `memory` (which may
 * be NULL) and returns NULL; `memory` NULL allocates; otherwise it resizes. Returns NULL
 * when it cannot, and then leaves `memory` as it was. Memory must be aligned as malloc
 * aligns it. May be called from any thread that calls the library. */
typedef void *(*rn_reallocate)(void *user, void *memory, size_t bytes);

typedef struct rn_allocator {
    rn_reallocate reallocate; /* NULL: the C library's */
    void *user;
} rn_allocator;

#ifdef __cplusplus
}
#endif
#endif
