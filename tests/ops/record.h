/* SPDX-License-Identifier: MIT */
/*
 * The test record of an operator: how to call it, an independent reference, sample
 * operands, and operands that it must refuse. One check (check.h) tests any record.
 */
#ifndef RN_TESTS_OPS_RECORD_H
#define RN_TESTS_OPS_RECORD_H

#include "eval.h"

enum { OPERANDS = 4 };

/* An operand of a sample. RN_F32 stands for the real type that is being tested. */
typedef struct operand {
    rn_type type;
    rn_shape shape;
    rn_test_fill *fill;
} operand;

typedef struct sample {
    operand x[OPERANDS];
    const void *with; /* the other arguments of the call, as the record's functions know */
    bool values_only; /* not differentiable, so differences are not compared */
} sample;

typedef rn_tensor builder(const rn_tensor *x, const void *with);

/* Sets *y, type, shape and values, from the values of x, with plain loops over doubles. */
typedef void referee(const rn_test_array *x, const void *with, rn_test_array *y);

typedef enum flags {
    /* Linear or selecting in each operand apart: on the samples' integers every result and
     * gradient is the exact one. Real operands of the samples must be odd integers, between
     * which a selection leaves gaps. */
    EXACT = 1,
    NO_GRADIENT = 2,   /* the result is not real, or is a constant to the gradient */
    ALIASED = 4,       /* may be called with the first operand in place of the second */
    NEAR_KINKS = 8,    /* the samples may lie at kinks: no numerical gradient */
    FEW_LAYOUTS = 16,  /* nothing is promised about the bits of other layouts */
    INTEGERS_TOO = 32, /* also for i32 */
    PIECEWISE = 64,    /* linear but for kinks and jumps */
    PERIODIC = 128,    /* for arguments up to 1e18 */
    FROM_VALUE = 256,  /* the rule uses y alone: where it saturates dx is near dy, not dx */
} flags;

/* What a builder must refuse, with the whole message. */
typedef struct refusal {
    rn_tensor (*call)(rn_graph *g);
    const char *message;
} refusal;

typedef struct record {
    const char *name;
    int inputs;
    builder *build;
    referee *reference;
    const sample *samples;
    int sample_count;
    unsigned flags;
    double ulps;  /* of the tested type, that a value may be off; 0: as EXACT says */
    double floor; /* values below count as this large when errors are measured */
    const refusal *refusals;
    int refusal_count;
    void (*more)(void); /* values at kinks, infinities and the like */
} record;

#define COUNT(array)   ((int)(sizeof(array) / sizeof *(array)))
#define SAMPLES(list)  .samples = list, .sample_count = COUNT(list)
#define REFUSALS(list) .refusals = list, .refusal_count = COUNT(list)

#define SCALAR                                                                             \
    {                                                                                      \
        0,                                                                                 \
        {                                                                                  \
            0                                                                              \
        }                                                                                  \
    }
#define SHAPE(...)                                                                         \
    {                                                                                      \
        sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t),                                \
        {                                                                                  \
            __VA_ARGS__                                                                    \
        }                                                                                  \
    }

#define REAL(fill_, ...)                                                                   \
    {                                                                                      \
        RN_F32, SHAPE(__VA_ARGS__), rn_test_fill_##fill_                                   \
    }
#define REAL_SCALAR(fill_)                                                                 \
    {                                                                                      \
        RN_F32, SCALAR, rn_test_fill_##fill_                                               \
    }
#define I32(fill_, ...)                                                                    \
    {                                                                                      \
        RN_I32, SHAPE(__VA_ARGS__), rn_test_fill_##fill_                                   \
    }
#define BOOL(...)                                                                          \
    {                                                                                      \
        RN_BOOL, SHAPE(__VA_ARGS__), rn_test_fill_bits                                     \
    }

/* ---- words for references ---- */

/* The type of y is given, its shape is that of x; values are zeros. */
rn_test_array array_like(const rn_test_array *x, rn_type type);

/* Counts an index of `shape` up, the last axis fastest; false after the last. */
bool next_index(rn_shape shape, int64_t *index);

/* x at an index of a shape that it broadcasts to; at(x, index) for its own. */
double at_broadcast(const rn_test_array *x, rn_shape shape, const int64_t *index);
double *at(const rn_test_array *x, const int64_t *index);

/* y = f(a), y = f(a, b), broadcast, of the type of a, or bool. i32 wraps. */
void map_one(double (*f)(double), const rn_test_array *x, rn_test_array *y);
void map_two(double (*f)(double, double), const rn_test_array *x, rn_type type,
             rn_test_array *y);

/* ---- words for `more` ---- */

/* y = op(x) of these values (f32 and f64), bits of zeros and all; want may be NaN. */
typedef struct point {
    double x, y;
} point;
void expect_points(rn_tensor (*op)(rn_tensor), const point *points, int count);

/* The gradient dx of op(x) where its cotangent is dy. */
typedef struct kink {
    double x, dy, dx;
} kink;
void expect_kinks(rn_tensor (*op)(rn_tensor), const kink *kinks, int count);

/* The value of op(x, y), and the gradient to both, at single elements. */
typedef struct binary_point {
    double x, y, z, dx, dy;
} binary_point;
void expect_binary_points(rn_tensor (*op)(rn_tensor, rn_tensor), const binary_point *points,
                          int count);

/* op of all pairs of NaN, numbers, an infinity and zeros, in all types. */
void expect_comparisons(rn_tensor (*op)(rn_tensor, rn_tensor), double (*f)(double, double));

/* The gradient of sum(weights y) to x where y = op(x). */
void expect_gradient(rn_tensor (*op)(rn_tensor), int64_t n, const double *x,
                     const double *weights, const double *want);

#endif
