/* SPDX-License-Identifier: MIT */
/*
 * The embedded Reber grammar: Fahlman 1991; experiment 1 of Hochreiter and Schmidhuber
 * 1997.
 *
 *   B (T|P) B <Reber> E (T|P) E        the two T or P are equal
 *
 * Each step asks for the next symbol. All that may follow are right, one or two of them.
 * The second T or P depends on the first, from before the inner word.
 */
#include "memory.h"

#include <math.h>

enum { B, T, P, S, X, V, E, REBER };

/* From each node of the graph two arrows, with a symbol each; they may be equal. */
static const struct node {
    int symbol[2], to[2];
} grammar[] = {
    {{T, P}, {1, 2}}, {{S, X}, {1, 3}}, {{T, V}, {2, 4}},
    {{X, S}, {2, 5}}, {{P, V}, {3, 5}}, {{E, E}, {6, 6}},
};
enum { START = 0, END = 6 };

/* A sequence that is being written. */
typedef struct word {
    batch *b;
    int64_t row, t, longest;
} word;

/* Reads `symbol` and asks for `next`, or `other`. */
static void add(word *w, int symbol, int next, int other)
{
    if (w->t >= w->longest) return;
    batch_put(w->b, w->t, w->row, symbol, 1);
    batch_ask(w->b, w->t, w->row, next, 1u << next | 1u << other);
    w->t++;
}

/* The inner word up to its E, after which `next` comes. */
static void add_reber(word *w, int next, dice *d)
{
    int symbol = B, node = START;

    while (node != END) {
        const struct node *n = &grammar[node];
        const int64_t way = draw(d, 2);
        add(w, symbol, n->symbol[way], n->symbol[1 - way]);
        symbol = n->symbol[way];
        node = n->to[way];
    }
    add(w, symbol, next, next);
}

/* A word that is longer than the length is cut. */
static void make(batch *b, int64_t row, int64_t length, dice *d)
{
    const int same = draw(d, 2) ? T : P;
    word w = {b, row, 0, length};

    add(&w, B, T, P);
    b->target[row] = same;
    add(&w, same, B, B);
    add_reber(&w, same, d);
    add(&w, same, E, E);
    b->length[row] = (int32_t)w.t;
}

/* The loss of an answer that only the T or P from before is missing for is not far from
 * that of all the rest, so the share of right words is what counts. */
static double guess(int64_t steps)
{
    (void)steps;
    return log(REBER);
}

static void defaults(settings *s)
{
    s->steps = 40;
    s->units = 24;
    s->updates = 1500;
    s->rate = 5e-3;
}

const task task_reber = {.name = "reber",
                         .about = "the next symbols of the embedded Reber grammar",
                         .inputs = REBER,
                         .classes = REBER,
                         .least = 1,
                         .guess = guess,
                         .defaults = defaults,
                         .make = make};
