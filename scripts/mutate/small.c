/* SPDX-License-Identifier: MIT */
/*
 * What a user sees of a mistake: one rn_gradcheck, with its default options, of a small
 * graph that holds the operator in the forms of its record's samples; of `loop`, a small
 * recurrent network.  usage: small NAME; says "passed" or "failed", how
 * many comparisons were made, and whom the check blames: the rule of which operator, a
 * loop, the engine. `list` names the operators that have a gradient rule.
 */
#include <rondo/gradcheck.h>
#include <rondo/loop.h>
#include <rondo/ops.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops/table.h"
#include "records.h"

enum { VALUES = 256 };

static const record *const records[] = {
#define RN_OP(name, code, kind, ...) &record_##name,
#include "ops/ops.def"
#undef RN_OP
};

typedef struct bag {
    rn_value value[VALUES];
    void *data[VALUES];
    int count;
} bag;

static rn_tensor feed(bag *b, rn_graph *g, const rn_test_array *x)
{
    size_t bytes;
    char name[16];

    snprintf(name, sizeof name, "x%d", b->count);
    const rn_tensor input = rn_input(g, name, x->type, x->shape);
    b->data[b->count] = rn_test_array_pack(x, &bytes);
    b->value[b->count] = (rn_value){input, b->data[b->count]};
    b->count++;
    return input;
}

/* Values of operand i. Where a choice is made between two they must not be close: the
 * first is odd, the second even. */
static void fill(const record *r, int number, int i, rn_test_random *random,
                 rn_test_array *x)
{
    const bool choice =
        r->inputs == 2 && (r->flags & (PIECEWISE | NO_GRADIENT)) == PIECEWISE;

    (choice ? rn_test_fill_odd : r->samples[number].x[i].fill)(x, random);
    for (int64_t k = 0; choice && k < rn_test_array_count(x); k++) x->at[k] += i;
}

/* Adds y weighed, and its operands weighed, to the loss. */
static rn_tensor add_sample(bag *b, rn_graph *g, const record *r, int number,
                            rn_tensor loss)
{
    const sample *s = &r->samples[number];
    rn_test_random random = {(uint64_t)number * 31 + 7};
    const rn_type real = strcmp(r->name, "cast") == 0 ? RN_F32 : RN_F64;
    rn_tensor x[OPERANDS];

    for (int i = 0; i < r->inputs; i++) {
        const operand *o = &s->x[i];
        rn_test_array values =
            rn_test_array_new(o->type == RN_F32 ? real : o->type, o->shape);
        fill(r, number, i, &random, &values);
        x[i] = feed(b, g, &values);
        rn_test_array_free(&values);
    }
    const rn_tensor y = rn_cast(r->build(x, s->with), RN_F64);
    loss = rn_add(loss, rn_test_project(y, &random, false));
    for (int i = 0; i < r->inputs; i++)
        if (rn_type_get(x[i]) == real)
            loss = rn_add(loss, rn_cast(rn_test_project(x[i], &random, false), RN_F64));
    return loss;
}

static rn_tensor numbers(bag *b, rn_graph *g, int count, const double *x)
{
    rn_test_array values = rn_test_array_new(RN_F64, (rn_shape){1, {count}});

    memcpy(values.at, x, (size_t)count * sizeof *x);
    const rn_tensor input = feed(b, g, &values);
    rn_test_array_free(&values);
    return input;
}

/* Where x^y is smooth in one operand alone: whole powers of bases that are not positive,
 * and powers of 0. */
static rn_tensor add_powers(bag *b, rn_graph *g, rn_tensor loss)
{
    enum { BASES = 5, POWERS = 2 };
    static const double base[BASES] = {0, 0, 0, -2, -2}, whole[BASES] = {0, 2, 3, 3, -2};
    static const double power[POWERS] = {2, 3}, zero[POWERS] = {0, 0};
    rn_test_random random = {99};
    const rn_tensor x = numbers(b, g, BASES, base), y = numbers(b, g, POWERS, power);
    const rn_tensor n = rn_constant(g, RN_F64, rn_shape_get(x), whole);
    const rn_tensor o = rn_constant(g, RN_F64, rn_shape_get(y), zero);

    loss = rn_add(loss, rn_test_project(rn_pow(x, n), &random, false));
    return rn_add(loss, rn_test_project(rn_pow(o, y), &random, false));
}

static rn_tensor operator_loss(bag *b, rn_graph *g, const char *name)
{
    rn_tensor loss = rn_constant_scalar(g, RN_F64, 0);

    for (size_t k = 0; k < sizeof records / sizeof *records; k++) {
        const record *r = records[k];
        if (strcmp(r->name, name) != 0) continue;
        for (int i = 0; i < r->sample_count && b->count + OPERANDS < VALUES; i++)
            if (!r->samples[i].values_only) loss = add_sample(b, g, r, i, loss);
    }
    if (strcmp(name, "pow") == 0) loss = add_powers(b, g, loss);
    return loss;
}

/* h' = tanh(x w + h u + h w[t] + h0), forwards or backwards, and two carries that only
 * remember x; all outputs count but the first, and of one input the sign alone. */
static rn_tensor loop_loss(bag *b, rn_graph *g, bool reverse)
{
    rn_test_random random = {reverse ? 5 : 6};
    const rn_shape shapes[] = {
        {3, {3, 2, 3}}, {2, {3, 3}}, {2, {3, 3}}, {2, {2, 3}}, {1, {2}}};
    rn_tensor in[5];

    for (int i = 0; i < 5; i++) {
        rn_test_array values = rn_test_array_new(RN_F64, shapes[i]);
        (i < 4 ? rn_test_fill_open : rn_test_fill_odd)(&values, &random);
        in[i] = feed(b, g, &values);
        rn_test_array_free(&values);
    }
    rn_loop *loop = rn_loop_begin(g);
    if (reverse) rn_loop_reverse(loop);
    const rn_tensor x = rn_loop_each(loop, in[0]), h = rn_loop_carry(loop, in[3]);
    const rn_tensor older = rn_loop_carry(loop, rn_fill_like(in[3], 0));
    const rn_tensor last = rn_loop_carry(loop, rn_fill_like(in[3], 0));
    const rn_tensor row = rn_mul(h, rn_take(in[1], rn_loop_index(loop)));
    const rn_tensor a = rn_add(rn_matmul(x, in[1]), rn_matmul(h, in[2]));
    const rn_tensor next = rn_tanh(rn_add(rn_add(a, row), in[3]));
    const rn_tensor y = rn_mul(next, next), z = rn_one_minus(next);
    rn_loop_next(loop, h, next);
    rn_loop_next(loop, last, x);
    rn_loop_next(loop, older, last);
    rn_loop_end(loop);
    rn_loop_collect(loop, x);
    const rn_tensor seen[] = {
        rn_loop_collect(loop, y), rn_loop_collect(loop, z),  rn_loop_final(loop, h),
        rn_loop_history(loop, h), rn_loop_final(loop, last), rn_square(in[0]),
        rn_sign(in[4]),           rn_loop_final(loop, older)};
    rn_tensor loss = rn_test_project(seen[0], &random, false);
    for (size_t i = 1; i < sizeof seen / sizeof *seen; i++)
        loss = rn_add(loss, rn_test_project(seen[i], &random, false));
    return loss;
}

static int list(void)
{
    for (int i = 0; i < rn__op_count; i++)
        if (rn__ops[i]->gradient) printf("%s\n", rn__ops[i]->name);
    return 0;
}

int main(int count, char **arguments)
{
    rn_graph *g = rn_graph_new();
    bag b = {.count = 0};
    const char *name = count > 1 ? arguments[1] : "";

    if (strcmp(name, "list") == 0) return list();
    const rn_tensor loss = strcmp(name, "loop") == 0
                               ? rn_add(loop_loss(&b, g, false), loop_loss(&b, g, true))
                               : operator_loss(&b, g, name);
    rn_gradcheck_report *report = rn_gradcheck(
        loss, (rn_gradcheck_options){.values = b.value, .value_count = b.count});

    if (!report) return 2;
    if (count > 2) printf("%s", report->text);
    const rn_gradcheck_culprit *c = &report->culprit;
    static const char *const kinds[] = {"nobody", "rule", "loop", "engine"};
    printf("%s %lld %s %s\n", report->passed ? "passed" : "failed",
           (long long)report->checked, kinds[c->kind], c->op[0] ? c->op : "-");
    rn_gradcheck_free(report);
    for (int i = 0; i < b.count; i++) free(b.data[i]);
    rn_graph_free(g);
    return 0;
}
