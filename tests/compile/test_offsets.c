/* SPDX-License-Identifier: MIT */
/*
 * Offsets of buffers: those that hold something at the same time have no byte in common,
 * and the workspace is not much longer than what is held at one time. Compiled twice, the
 * second time with buffers laid out by time however few they are.
 */
#include "run/driver.h"

#include "plan/gaps.h"
#include "plan/planner.h"

enum { MOST = 400, STEPS = 300, LINE = 64 };

static uint64_t thrown;

static int dice(int below)
{
    return (int)((rn_test_number(3, thrown++) + 1) / 2 * below) % below;
}

static size_t lines(size_t bytes)
{
    return (bytes + LINE - 1) / LINE * LINE;
}

/* Bytes held at the fullest step. */
static size_t held(const rn__buffer *b, int count)
{
    size_t most = 0;

    for (int c = 0; c <= STEPS; c++) {
        size_t sum = 0;
        for (int i = 0; i < count; i++)
            if (b[i].first <= c && c <= b[i].last) sum += lines(b[i].bytes);
        if (sum > most) most = sum;
    }
    return most;
}

static void check_apart(const rn__buffer *b, int count, size_t workspace)
{
    for (int i = 0; i < count; i++) {
        cr_assert_eq(b[i].offset % LINE, 0);
        cr_assert_leq(b[i].offset + b[i].bytes, workspace);
        for (int k = 0; k < i; k++) {
            if (b[i].last < b[k].first || b[k].last < b[i].first) continue;
            cr_assert(b[i].offset + b[i].bytes <= b[k].offset ||
                          b[k].offset + b[k].bytes <= b[i].offset,
                      "buffers %d and %d overlap", k, i);
        }
    }
}

/* The workspace over the bytes held, for random lifetimes, nested ones among them. */
static double ratio(int count, bool equal)
{
    rn__buffer buffer[MOST] = {0};
    rn__plan plan = {.buffer = buffer, .buffers = count};
    rn__arena arena = {0};
    size_t workspace = 0;

    for (int i = 0; i < count; i++) {
        const int long_time = dice(2) ? STEPS : 10, first = dice(STEPS);
        const int last = first + dice(long_time);
        buffer[i] = (rn__buffer){.part.buffer = -1, .first = first};
        buffer[i].last = last > STEPS ? STEPS : last;
        buffer[i].bytes = equal ? 100 : (size_t)dice(dice(2) ? 4000 : 100);
    }
    cr_assert(rn__find_offsets(&plan, &arena, false, &workspace));
    check_apart(buffer, count, workspace);
    const size_t least = held(buffer, count);
    rn__arena_finish(&arena);
    return least ? (double)workspace / (double)least : 1;
}

Test(offsets, random_lifetimes)
{
    double worst = 1;

    for (int k = 0; k < 300; k++) worst = fmax(worst, ratio(dice(MOST), false));
    cr_log_info("at most %.3g times what is held", worst);
    cr_assert_lt(worst, 1.5);
}

Test(offsets, buffers_of_one_size_waste_nothing_in_order_of_time)
{
    double worst = 1;

    for (int k = 0; k < 300; k++) worst = fmax(worst, ratio(dice(MOST), true));
    cr_log_info("at most %.3g times what is held", worst);
    cr_assert_lt(worst, RN_TEST_EQUAL_RATIO);
}

/* ---- gaps against a map of bytes ---- */

enum { BYTES = 600, PARTS = 60 };

static size_t lowest(const bool *taken, size_t bytes)
{
    size_t at = 0;

    for (size_t i = 0; i < at + bytes; i++)
        if (taken[i]) at = i + 1;
    return at;
}

Test(offsets, gaps)
{
    static bool taken[BYTES + 64];
    size_t place[PARTS], bytes[PARTS];
    rn__arena arena = {{0}, NULL, 0};
    rn__gaps gaps;
    int count = 0;

    cr_assert(rn__gaps_init(&gaps, &arena, PARTS));
    for (int k = 0; k < 20000; k++) {
        if (count == PARTS || (count && dice(2))) {
            const int i = dice(count);
            rn__gaps_give(&gaps, place[i], bytes[i]);
            memset(taken + place[i], 0, bytes[i]);
            place[i] = place[--count], bytes[i] = bytes[count];
            continue;
        }
        bytes[count] = (size_t)dice(9) + 1;
        const size_t want = lowest(taken, bytes[count]);
        cr_assert(rn__gaps_take(&gaps, bytes[count], &place[count]));
        cr_assert_eq(place[count], want);
        memset(taken + want, 1, bytes[count]);
        count++;
    }
    rn__arena_finish(&arena);
}

Test(offsets, no_gap_is_long_enough)
{
    rn__arena arena = {{0}, NULL, 0};
    rn__gaps gaps;
    size_t place;

    cr_assert(rn__gaps_init(&gaps, &arena, 2));
    cr_assert(rn__gaps_take(&gaps, SIZE_MAX - 10, &place));
    cr_assert_not(rn__gaps_take(&gaps, 11, &place));
    cr_assert(rn__gaps_take(&gaps, 10, &place));
    cr_assert_eq(place, SIZE_MAX - 10);
    cr_assert_not(rn__gaps_take(&gaps, 1, &place));
    rn__gaps_give(&gaps, 0, SIZE_MAX - 10);
    cr_assert(rn__gaps_take(&gaps, 1, &place));
    cr_assert_eq(place, 0);
    rn__arena_finish(&arena);
}
