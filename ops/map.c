/* SPDX-License-Identifier: MIT */
/* Operands of maps, copied to contiguous pieces. */
#include "ops/map.h"

/* BLOCK is the largest block there is, PIECE a multiple of all. */
enum { INPUTS = 3, BLOCK = 16, PIECE = 256, LARGEST = 8 };

/* n elements, and the first of them again up to `room`. */
#define GATHER(type)                                                                       \
    {                                                                                      \
        const type *x = (const type *)from, first = x[0];                                  \
        type *y = (type *)to;                                                              \
        int64_t i = 0;                                                                     \
                                                                                           \
        if (step == 1)                                                                     \
            memcpy(y, x, (size_t)n * sizeof *y), i = n;                                    \
        else if (step == 0)                                                                \
            n = 0;                                                                         \
        for (; i < n; i++, x += step) y[i] = *x;                                           \
        for (; i < room; i++) y[i] = first;                                                \
        break;                                                                             \
    }

static void gather(void *to, const void *from, int64_t step, int64_t n, int64_t room,
                   int64_t size)
{
    switch (size) {
    case 1:
        GATHER(uint8_t)
    case 4:
        GATHER(uint32_t)
    default:
        GATHER(uint64_t)
    }
}

/* See RN_LAYOUT. */
typedef struct layout {
    int64_t block, result, in[INPUTS];
    int inputs;
} layout;

static layout layout_of(unsigned packed)
{
    layout l = {packed >> 16,
                packed >> 12 & 15,
                {packed >> 8 & 15, packed >> 4 & 15, packed & 15},
                0};

    while (l.inputs < INPUTS && l.in[l.inputs]) l.inputs++;
    return l;
}

static const int64_t contiguous[INPUTS] = {1, 1, 1};

/* Whole blocks where they are, then the last block of elements, some of them again. They
 * are copied first, because the result may be the memory of an input. */
static void run_contiguous(const layout *l, rn_map map, int64_t n, const void *const *in,
                           char *out)
{
    _Alignas(64) char copy[INPUTS][BLOCK * LARGEST];
    const void *at[INPUTS] = {NULL};
    const int64_t last = n - l->block;

    for (int i = 0; i < l->inputs; i++)
        at[i] = memcpy(copy[i], (const char *)in[i] + last * l->in[i],
                       (size_t)(l->block * l->in[i]));
    map(n & -l->block, in, contiguous, out, NULL);
    map(l->block, at, contiguous, out + last * l->result, NULL);
}

void rn__map_pieces(int64_t n, const void *const *in, const int64_t *step, void *out,
                    rn_map map, unsigned packed)
{
    _Alignas(64) char copy[INPUTS][PIECE * LARGEST], result[PIECE * LARGEST];
    const void *at[INPUTS] = {NULL};
    const layout l = layout_of(packed);
    int direct = 0;

    while (direct < l.inputs && step[direct] == 1) direct++;
    if (n >= l.block && direct == l.inputs) {
        run_contiguous(&l, map, n, in, (char *)out);
        return;
    }
    for (int64_t done = 0; done < n; done += PIECE) {
        const int64_t some = n - done < PIECE ? n - done : PIECE;
        const int64_t room = (some + l.block - 1) & -l.block;
        char *to = (char *)out + done * l.result;

        for (int i = 0; i < l.inputs; i++) {
            at[i] = (const char *)in[i] + done * step[i] * l.in[i];
            if (step[i] == 1 && some == room) continue;
            if (step[i] != 0 || done == 0)
                gather(copy[i], at[i], step[i], some, room, l.in[i]);
            at[i] = copy[i];
        }
        map(room, at, contiguous, some == room ? to : result, NULL);
        if (some < room) memcpy(to, result, (size_t)(some * l.result));
    }
}
