/* SPDX-License-Identifier: MIT */
/* The sequences of the memory tasks and their answers, by other means. */
#include "memory.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { T = 110, B = 40, TIMES = 5 };

/* What is needed of the program besides the tasks. */
bool complain(const char *format, ...)
{
    cr_assert_fail("%s", format);
    return false;
}

static float x[T * B * 10], number[B];
static int32_t length[B], target[T * B];
static uint32_t right[T * B];

static batch make(const task *which, dice *d, int64_t shortest, int64_t longest)
{
    batch b = {T, B, which->inputs, false, x, length, number, target, right};

    memset(x, 0, sizeof x);
    memset(number, 0, sizeof number);
    memset(right, 0, sizeof right);
    for (int i = 0; i < T * B; i++) target[i] = IGNORED;
    for (int64_t i = 0; i < B; i++)
        which->make(&b, i, shortest + draw(d, longest - shortest + 1), d);
    return b;
}

static float input(const batch *b, int64_t t, int64_t row, int64_t i)
{
    return b->x[(t * B + row) * b->inputs + i];
}

/* The only input that is 1, where the others are 0. */
static int symbol(const batch *b, int64_t t, int64_t row)
{
    int found = -1;

    for (int i = 0; i < b->inputs; i++) {
        if (input(b, t, row, i) == 0) continue;
        cr_assert(found < 0 && input(b, t, row, i) == 1);
        found = i;
    }
    return found;
}

/* Fails unless the step asks for this class alone; -1: for nothing. */
static void asks(int64_t t, int64_t row, int answer)
{
    cr_assert_eq(target[t * B + row], answer);
    cr_assert_eq(right[t * B + row], answer < 0 ? 0 : 1u << answer);
}

Test(memory_tasks, adding)
{
    dice d = dice_new(1);

    for (int n = 0; n < TIMES; n++) {
        const batch b = make(&task_adding, &d, 30, 31);
        for (int row = 0; row < B; row++) {
            int marks[2] = {0}, t;
            float sum = 0;
            for (t = 0; t < length[row]; t++) {
                cr_assert(input(&b, t, row, 0) >= 0 && input(&b, t, row, 0) < 1);
                marks[t >= length[row] / 2] += (int)input(&b, t, row, 1);
                sum += input(&b, t, row, 0) * input(&b, t, row, 1);
            }
            cr_assert(marks[0] == 1 && marks[1] == 1);
            cr_assert_float_eq(sum, number[row], 1e-6);
            for (; t < T; t++) cr_assert_eq(input(&b, t, row, 0), 0);
        }
    }
}

Test(memory_tasks, order)
{
    dice d = dice_new(2);
    int seen[4] = {0};

    for (int n = 0; n < TIMES; n++) {
        const batch b = make(&task_order, &d, 100, 110);
        for (int row = 0; row < B; row++) {
            int found = 0, answer = 0;
            for (int t = 0; t < length[row]; t++) {
                const int s = symbol(&b, t, row);
                cr_assert_eq(s == 6, t == 0);
                cr_assert_eq(s == 7, t == length[row] - 1);
                asks(t, row, t == length[row] - 1 ? answer : -1);
                if (s != 4 && s != 5) continue;
                const int first = found++ ? 50 : 10;
                cr_assert(t >= first && t <= first * 1.1 + 11, "at %d", t);
                answer = 2 * answer + (s == 5);
            }
            cr_assert_eq(found, 2);
            seen[answer]++;
        }
    }
    for (int i = 0; i < 4; i++) cr_assert(seen[i] > B * TIMES / 10);
}

Test(memory_tasks, copy)
{
    dice d = dice_new(3);
    const batch b = make(&task_copy, &d, 20, T);

    for (int row = 0; row < B; row++)
        for (int t = 0; t < length[row]; t++) {
            const int s = symbol(&b, t, row), back = t - (length[row] - 10);
            if (t < 10)
                cr_assert_lt(s, 8);
            else
                cr_assert_eq(s, back < 0 ? 8 : 9);
            asks(t, row, back < 0 ? -1 : symbol(&b, back, row));
        }
}

Test(memory_tasks, parity)
{
    dice d = dice_new(4);
    const batch b = make(&task_parity, &d, 1, T);

    for (int row = 0; row < B; row++)
        for (int t = 0, odd = 0; t < length[row]; t++) {
            odd = (odd + symbol(&b, t, row)) % 2;
            asks(t, row, t == length[row] - 1 ? odd : -1);
        }
}

/* ---- the grammar, written as words: from each node its arrows "symbol node" ---- */

static const char letters[] = "BTPSXVE";
static const char *const arrows[] = {"B1",   "T2P3", "S2X4", "T3V5",
                                     "X3S6", "P4V6", "E7",   ""};

static const char *arrow(int node, char letter)
{
    for (const char *at = arrows[node]; *at; at += 2)
        if (*at == letter) return at;
    return NULL;
}

/* The set of the letters by which one may leave a node. */
static uint32_t leaving(int node)
{
    uint32_t set = 0;

    for (const char *at = arrows[node]; *at; at += 2)
        set |= 1u << (strchr(letters, *at) - letters);
    return set;
}

static void check_word(const batch *b, int row)
{
    const int n = length[row];
    int node = 0;

    cr_assert(n >= 8);
    for (int t = 0; t < n; t++) {
        const char letter = letters[symbol(b, t, row)];
        const int next = t + 1 < n ? symbol(b, t + 1, row) : 6;
        uint32_t may = 1u << next; /* of the outer word: only what comes */
        if (t == 0) may = 1u << 1 | 1u << 2;
        if (t >= 2 && t < n - 1) {
            const char *way = arrow(node, letter);
            cr_assert(way, "%c at %d, node %d", letter, t, node);
            node = way[1] - '0';
            if (node != 7) may = leaving(node);
        }
        cr_assert_eq(target[t * B + row], next);
        cr_assert_eq(right[t * B + row], may, "at %d of %d", t, n);
    }
    cr_assert_eq(node, 7);
    cr_assert_eq(symbol(b, 0, row), 0);
    cr_assert_eq(symbol(b, 1, row), symbol(b, n - 1, row));
}

Test(memory_tasks, reber)
{
    dice d = dice_new(5);

    for (int n = 0; n < TIMES; n++) {
        const batch b = make(&task_reber, &d, T, T);
        for (int row = 0; row < B; row++) check_word(&b, row);
    }
}
