/* SPDX-License-Identifier: MIT */
/*
 * Gradient rules judged against derivatives in quad, element by element: what a compiled
 * program computes may be off by
 *
 *   limit u scale,   u = 2^-53 in f64, 2^-24 in f32
 *
 * where scale is the condition of the gradient: what it changes by, over u, when each x and
 * dy changes by its own u:
 *
 *   sum over j of |dy[j] dy[j]/dx[i]|  +  sum over j of |d dx[i]/dx[j] x[j]|
 *
 * or, for a rule that cannot keep to it, what the operator's file states. `test_rules_quad`
 * asserts the limits; the program `quad_rules` prints what it measures.
 */
#ifndef RN_TESTS_QUAD_RULES_H
#define RN_TESTS_QUAD_RULES_H

#include <float.h>
#include <math.h>

#include "quad.h"

/* The type that a program computes in. */
typedef struct rule_precision {
    rn_type type;
    double u, largest;
    double low, high; /* powers of ten for operands */
    quad lost;        /* to subnormal numbers on the way: 2^14 of the smallest */
} rule_precision;

static const rule_precision rule_f64 = {RN_F64, 0x1p-53, DBL_MAX, -320, 305, 0x1p-1060Q};
static const rule_precision rule_f32 = {RN_F32, 0x1p-24, FLT_MAX, -44, 37, 0x1p-135Q};

/* x as the type holds it. */
static inline double rule_rounded(const rule_precision *t, double x)
{
    return t->type == RN_F32 ? (double)(float)x : x;
}

/* A random number of 53 bits (SplitMix64): operands with many zero bits would hide
 * rounding. */
static inline double rule_draw(uint64_t *state, double low, double high)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    return low + (high - low) * ((double)(z >> 11) * 0x1p-53);
}

/* low .. high */
static inline int rule_pick(uint64_t *state, int low, int high)
{
    return (int)floor(rule_draw(state, low, high + 1));
}

/* The gradients to one operand, over all points. */
typedef struct rule_result {
    int points;   /* that were judged */
    double worst; /* the largest error / (u scale) */
    double x, y;  /* the operands where it was; of an axis, the first two elements */
    int unsound;  /* points where the closed form is not the oracle's derivative */
} rule_result;

/* ---- element-wise operators ---- */

enum { RULE_OPERANDS = 2 };

/* Of the operands of one element. */
typedef quad rule_formula(const quad *x);

/* Closed forms of the slopes: differences lose the digits of what is saturated. They are
 * held against the oracle where it is exact. */
typedef struct element_rule {
    const char *name;
    int inputs;
    rn_tensor (*build)(const rn_tensor *x);
    bool (*domain)(const double *x);    /* NULL: all */
    rule_formula *slope[RULE_OPERANDS]; /* the derivative to each operand */
    rule_formula *stated;               /* scale / |dy|; NULL: the condition */
    const char *scale;                  /* the same in words */
    double limit;
} element_rule;

/* Those of elementwise.def. */
element_rule element_rule_at(int i);
extern const int element_rule_count;

rule_result judge_element(const element_rule *r, int operand, const rule_precision *t);

/* ---- operators along an axis ---- */

enum { RULE_SIZE = 5 };

/* What is added to the condition, because the rule subtracts it; for the gradient to x[i]
 * from operands, values and cotangents. */
typedef quad rule_share(const quad *x, const quad *y, const double *dy, int i);

/* dy[j]/dx[i] in closed form, for what saturates. */
typedef quad rule_jacobian(const quad *x, int j, int i);

typedef struct axis_rule {
    const char *name;
    rn_tensor (*build)(rn_tensor x); /* [RULE_SIZE] to that, or to a scalar */
    double middle[3], spread[3];     /* x is middle + spread times -1..1 */
    rule_jacobian *jacobian;         /* NULL: the oracle's */
    rule_share *stated;              /* NULL: none */
    const char *scale;
    double limit;
} axis_rule;

extern const axis_rule axis_rules[];
extern const int axis_rule_count;

rule_result judge_axis(const axis_rule *r, const rule_precision *t);

#endif
