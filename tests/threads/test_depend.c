/* SPDX-License-Identifier: MIT */
/* Which touches of memory make threads wait. */
#include "backend/cpu/depend.h"

#include <criterion/criterion.h>

enum { ROW = 64, ROWS = 8, SLOT = ROW * ROWS };

static rn_variable *const some_variable = (rn_variable *)64;

/* ROWS rows from `offset` on, by thread. */
static rn__touch rows(int64_t offset, bool write)
{
    return (rn__touch){.write = write,
                       .owner = RN__OWNER_PART,
                       .low = offset,
                       .high = offset + SLOT,
                       .n = ROWS,
                       .granule = 1,
                       .stride = ROW,
                       .unit_low = offset,
                       .unit_high = offset + ROW,
                       .limit.buffer = -1};
}

static rn__touch of(rn__owner owner, int64_t offset, bool write)
{
    rn__touch t = rows(offset, write);

    t.owner = owner;
    return t;
}

static bool meet(const rn__touch *x, const rn__touch *y)
{
    rn__window w = {.depth = 0};

    rn__window_add(&w, x);
    return rn__window_conflicts(&w, y);
}

#define MEET(x, y) meet(&(rn__touch[]){x}[0], &(rn__touch[]){y}[0])

Test(depend, only_writes_to_the_same_bytes_conflict)
{
    rn__touch elsewhere = of(RN__OWNER_ALL, 0, false);

    cr_assert(MEET(of(RN__OWNER_ALL, 0, true), of(RN__OWNER_ALL, 0, false)));
    cr_assert(MEET(of(RN__OWNER_ALL, 0, false), of(RN__OWNER_ALL, 0, true)));
    cr_assert(!MEET(of(RN__OWNER_ALL, 0, false), of(RN__OWNER_ALL, 0, false)));
    cr_assert(!MEET(of(RN__OWNER_ALL, 0, true), of(RN__OWNER_ALL, SLOT, false)));
    cr_assert(!MEET(of(RN__OWNER_ALL, SLOT, true), of(RN__OWNER_ALL, 0, false)));
    cr_assert(MEET(of(RN__OWNER_ALL, 0, true), of(RN__OWNER_ALL, SLOT - 1, false)));
    elsewhere.memory = some_variable;
    cr_assert(!MEET(of(RN__OWNER_ALL, 0, true), elsewhere));
}

Test(depend, a_thread_does_not_wait_for_itself)
{
    rn__touch other = rows(0, false);

    cr_assert(!MEET(of(RN__OWNER_FIRST, 0, true), of(RN__OWNER_FIRST, 0, true)));
    cr_assert(MEET(of(RN__OWNER_FIRST, 0, true), rows(0, false)));
    cr_assert(!MEET(rows(0, true), rows(0, false)));
    cr_assert(!MEET(rows(0, true), rows(0, true)));
    cr_assert(MEET(rows(0, true), of(RN__OWNER_ALL, 0, false)));
    cr_assert(MEET(rows(0, true), rows(ROW, false)));
    cr_assert(MEET(rows(0, true), rows(ROW / 2, false)));
    other.n++;
    cr_assert(MEET(rows(0, true), other));
    other = rows(0, false), other.granule++;
    cr_assert(MEET(rows(0, true), other));
    other = rows(0, false), other.stride /= 2;
    cr_assert(MEET(rows(0, true), other));
}

/* Columns of a wider matrix: one row of both lies within a stride. */
Test(depend, parts_of_rows)
{
    rn__touch left = rows(0, true), right = rows(ROW / 2, true);

    left.unit_high = ROW / 2;
    right.unit_high = ROW;
    cr_assert(!meet(&left, &right));
    cr_assert(!meet(&right, &left));
    right.unit_low += ROW / 2, right.unit_high += ROW / 2;
    cr_assert(meet(&left, &right));
}

Test(depend, limits_must_be_the_same)
{
    rn__touch x = rows(0, true), y = rows(0, false);
    const rn__address limit = {.buffer = 3, .offset = 8};

    x.limit = limit;
    cr_assert(meet(&x, &y));
    y.limit = limit;
    cr_assert(!meet(&x, &y));
    y.limit.offset = 0;
    cr_assert(meet(&x, &y));
    y.limit = limit, y.limit.buffer = 4;
    cr_assert(meet(&x, &y));
    y.limit = limit, y.limit.advance[0] = 4;
    cr_assert(meet(&x, &y));
}

/* ---- iterations ---- */

/* Whether y, in an iteration of a loop of 10, must wait for x in an earlier one: the last
 * one if there is a barrier in the loop, else any. */
static bool meet_later(rn__touch x, rn__touch y, bool barrier, bool reverse)
{
    rn__window w = {.depth = 1, .iterations = 10, .around = {10}, .reverse = reverse};

    rn__window_add(&w, &x);
    rn__window_next(&w, barrier);
    return rn__window_conflicts(&w, &y);
}

static rn__touch moving(rn__touch t, int64_t advance)
{
    t.advance[0] = advance;
    return t;
}

Test(depend, slots_of_a_history)
{
    const rn__touch write = moving(of(RN__OWNER_ALL, SLOT, true), SLOT);
    const rn__touch next = moving(of(RN__OWNER_ALL, 0, false), SLOT);
    const rn__touch same = moving(of(RN__OWNER_ALL, SLOT, false), SLOT);
    const rn__touch older = moving(of(RN__OWNER_ALL, -SLOT, false), SLOT);

    /* Slot t + 1 is written, slot t is read in the next iteration. */
    cr_assert(meet_later(write, next, true, false));
    cr_assert(meet_later(write, next, false, false));
    cr_assert(!meet_later(write, next, true, true));
    cr_assert(!meet_later(write, next, false, true));
    cr_assert(!meet_later(write, same, true, false));
    cr_assert(!meet_later(write, same, false, false));
    /* Two iterations before. */
    cr_assert(!meet_later(write, older, true, false));
    cr_assert(meet_later(write, older, false, false));
    /* By the same threads. */
    cr_assert(!meet_later(moving(rows(SLOT, true), SLOT), moving(rows(0, false), SLOT),
                          false, false));
    cr_assert(meet_later(moving(rows(SLOT, true), SLOT), moving(rows(ROW, false), SLOT),
                         false, false));
}

Test(depend, what_does_not_move_meets_itself_again)
{
    cr_assert(
        meet_later(of(RN__OWNER_ALL, 0, false), of(RN__OWNER_ALL, 0, true), true, false));
    cr_assert(
        meet_later(of(RN__OWNER_ALL, 0, false), of(RN__OWNER_ALL, 0, true), false, false));
    cr_assert(!meet_later(rows(0, true), rows(0, true), false, false));
}

/* One that moves and one that does not: over all iterations. */
Test(depend, different_advances)
{
    const rn__touch moves = moving(rows(0, true), SLOT);

    cr_assert(meet_later(moves, rows(5 * SLOT, false), true, false));
    cr_assert(meet_later(rows(5 * SLOT, false), moves, true, false));
    cr_assert(!meet_later(moves, rows(10 * SLOT, false), true, false));
    cr_assert(meet_later(moving(rows(9 * SLOT, true), -SLOT), rows(0, false), true, false));
}

/* A limit that another iteration may have changed. */
Test(depend, limits_of_an_iteration)
{
    rn__touch x = rows(0, true);

    x.limit = (rn__address){.buffer = 3};
    cr_assert(!meet_later(x, x, true, false));
    x.limit.advance[0] = 4;
    cr_assert(meet_later(x, x, true, false));
}

/* ---- numbers that only the run knows ---- */

static rn__touch drifting(rn__touch t, int64_t bytes)
{
    t.unknown[0] = bytes;
    t.all_low = 0, t.all_high = 20 * SLOT;
    return t;
}

/* In one iteration two that move alike are as far apart as they begin; in another one, or
 * if one moves otherwise, they may be anywhere in their memory. */
Test(depend, moves_by_unknown_numbers)
{
    const rn__touch write = drifting(rows(0, true), ROW);
    const rn__touch next = drifting(of(RN__OWNER_ALL, SLOT, false), ROW);

    cr_assert(!meet(&write, &next));
    cr_assert(!MEET(write, drifting(rows(0, false), ROW)));
    cr_assert(MEET(write, drifting(rows(ROW, false), ROW)));
    cr_assert(MEET(write, drifting(rows(3 * SLOT, false), 2 * ROW)));
    cr_assert(MEET(write, rows(19 * SLOT, false)));
    cr_assert(!MEET(write, rows(20 * SLOT, false)));
    cr_assert(meet_later(write, next, true, false));
    cr_assert(meet_later(write, write, true, false));
    cr_assert(!meet_later(write, rows(20 * SLOT, false), true, false));
}

/* ---- full windows ---- */

Test(depend, what_is_forgotten_conflicts)
{
    static rn__window w;
    const rn__touch far = of(RN__OWNER_ALL, 1 << 20, false);
    const rn__touch own = of(RN__OWNER_FIRST, 1 << 20, false);

    for (int i = 0; i < RN__WINDOW + 1; i++) {
        const rn__touch t = of(RN__OWNER_FIRST, i * SLOT, true);
        cr_assert(!rn__window_conflicts(&w, &far));
        rn__window_add(&w, &t);
    }
    cr_assert(rn__window_conflicts(&w, &far));
    cr_assert(!rn__window_conflicts(&w, &own));
    rn__window_clear(&w);
    cr_assert(!rn__window_conflicts(&w, &far));
    for (int i = 0; i < RN__WINDOW + 1; i++) {
        const rn__touch t = rows(i * SLOT, true);
        cr_assert(!rn__window_conflicts(&w, &own));
        rn__window_add(&w, &t);
    }
    cr_assert(rn__window_conflicts(&w, &own));
}
