/* SPDX-License-Identifier: MIT */
/*
 * Four tasks, with exact answers from their generators.
 *
 *   adding  x = (a number in [0, 1), a mark); two steps are marked, one in each half; the
 *           answer is the sum of their numbers. Hochreiter and Schmidhuber 1997, as in
 *           arXiv:1803.01271. Always answering 1 has the error 2 var = 1/6.
 *   order   letters a b c d, but X or Y at two places: which two, in which order?
 *           Experiment 6a of Hochreiter and Schmidhuber 1997.
 *   copy    ten symbols out of eight, then blanks, then ten marks, at which the symbols
 * must be repeated. arXiv:1803.01271. parity  bits: is the number of ones odd?
 * arXiv:2207.02098.
 */
#include "memory.h"

#include <math.h>

/* ---- random numbers ---- */

dice dice_new(int64_t seed)
{
    dice d = {(uint64_t)seed * 0x9e3779b97f4a7c15u + 1};

    for (int i = 0; i < 8; i++) draw(&d, 2);
    return d;
}

int64_t draw(dice *d, int64_t below)
{
    return (int64_t)(draw_real(d) * (double)below);
}

double draw_real(dice *d)
{
    d->bits ^= d->bits << 13;
    d->bits ^= d->bits >> 7;
    d->bits ^= d->bits << 17;
    return (double)(d->bits >> 11) * 0x1p-53;
}

/* ---- batches ---- */

void batch_put(batch *b, int64_t t, int64_t row, int64_t input, double value)
{
    b->x[(t * b->size + row) * b->inputs + input] = (float)value;
}

void batch_ask(batch *b, int64_t t, int64_t row, int64_t target, uint32_t right)
{
    b->target[t * b->size + row] = (int32_t)target;
    b->right[t * b->size + row] = right;
}

static void ask_one(batch *b, int64_t t, int64_t row, int64_t target)
{
    batch_ask(b, t, row, target, 1u << target);
}

/* ---- adding ---- */

static void make_adding(batch *b, int64_t row, int64_t length, dice *d)
{
    const int64_t half = length / 2, first = draw(d, half);
    const int64_t second = half + draw(d, length - half);

    b->length[row] = (int32_t)length;
    for (int64_t t = 0; t < length; t++) {
        const double value = draw_real(d);
        batch_put(b, t, row, 0, value);
        if (t != first && t != second) continue;
        batch_put(b, t, row, 1, 1);
        b->number[row] += (float)value;
    }
}

static double guess_adding(int64_t steps)
{
    (void)steps;
    return 1.0 / 6;
}

static void defaults_adding(settings *s)
{
    s->steps = 200;
    s->chrono = -1;
    s->updates = 3000;
}

const task task_adding = {.name = "adding",
                          .about = "the sum of two marked numbers",
                          .inputs = 2,
                          .classes = 1,
                          .least = 2,
                          .guess = guess_adding,
                          .defaults = defaults_adding,
                          .make = make_adding};

/* ---- temporal order ---- */

enum { LETTERS = 4, X_OR_Y = 4, BEGIN = 6, TRIGGER = 7 };

static void make_order(batch *b, int64_t row, int64_t length, dice *d)
{
    const int64_t tenth = length / 10;
    const int64_t first = tenth + draw(d, tenth + 1), a = draw(d, 2);
    const int64_t second = 5 * tenth + draw(d, tenth + 1), c = draw(d, 2);

    b->length[row] = (int32_t)length;
    batch_put(b, 0, row, BEGIN, 1);
    for (int64_t t = 1; t < length - 1; t++) {
        const int64_t letter = draw(d, LETTERS);
        const int64_t at = t == first ? X_OR_Y + a : t == second ? X_OR_Y + c : letter;
        batch_put(b, t, row, at, 1);
    }
    batch_put(b, length - 1, row, TRIGGER, 1);
    ask_one(b, length - 1, row, 2 * a + c);
}

static double guess_order(int64_t steps)
{
    (void)steps;
    return log(4);
}

static void defaults_order(settings *s)
{
    s->shortest = 100;
    s->steps = 110;
    s->chrono = -1;
    s->updates = 2000;
}

const task task_order = {.name = "order",
                         .about = "temporal order of two symbols",
                         .inputs = 8,
                         .classes = 4,
                         .least = 10,
                         .guess = guess_order,
                         .defaults = defaults_order,
                         .make = make_order};

/* ---- copy ---- */

enum { SYMBOLS = 8, COPIED = 10, BLANK = 8, MARK = 9 };

static void make_copy(batch *b, int64_t row, int64_t length, dice *d)
{
    b->length[row] = (int32_t)length;
    for (int64_t t = 0; t < length; t++) {
        if (t >= COPIED) {
            batch_put(b, t, row, t < length - COPIED ? BLANK : MARK, 1);
            continue;
        }
        const int64_t symbol = draw(d, SYMBOLS);
        batch_put(b, t, row, symbol, 1);
        ask_one(b, length - COPIED + t, row, symbol);
    }
}

static double guess_copy(int64_t steps)
{
    (void)steps;
    return log(SYMBOLS);
}

static void defaults_copy(settings *s)
{
    s->steps = 120;
    s->first = 22;
    s->units = 128;
    s->updates = 6000;
}

const task task_copy = {.name = "copy",
                        .about = "ten symbols, repeated after a pause",
                        .inputs = 10,
                        .classes = SYMBOLS,
                        .least = 2 * COPIED,
                        .guess = guess_copy,
                        .defaults = defaults_copy,
                        .make = make_copy};

/* ---- parity ---- */

static void make_parity(batch *b, int64_t row, int64_t length, dice *d)
{
    int64_t odd = 0;

    b->length[row] = (int32_t)length;
    for (int64_t t = 0; t < length; t++) {
        const int64_t bit = draw(d, 2);
        batch_put(b, t, row, bit, 1);
        odd ^= bit;
    }
    ask_one(b, length - 1, row, odd);
}

static double guess_parity(int64_t steps)
{
    (void)steps;
    return log(2);
}

static void defaults_parity(settings *s)
{
    s->shortest = 1;
    s->steps = 40;
    s->first = 4;
    s->test_shortest = 41;
    s->test_steps = 500;
    s->units = 32;
    s->updates = 6000;
}

const task task_parity = {.name = "parity",
                          .about = "whether the number of ones is odd",
                          .inputs = 2,
                          .classes = 2,
                          .least = 1,
                          .guess = guess_parity,
                          .defaults = defaults_parity,
                          .make = make_parity};
