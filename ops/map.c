/* SPDX-License-Identifier: MIT */
/* Operands of maps, copied to contiguous pieces. */
#include "ops/map.h"

/* BLOCK is the largest block there is, PIECE a multiple of all. */
enum { INPUTS = 2, BLOCK = 16, PIECE = 256, LARGEST = 8 };

/* n elements, and the first of them again up to `room`. */
#define GATHER(type)                                                                       \
    {                                                                                      \
        const type *x = (const type *)from, first = x[0];                                  \
        type *y = (type *)to;                                                              \
                                                                                           \
        if (step == 1)                                                                     \
            memcpy(y, x, (size_t)n * sizeof *y);                                           \
        else                                                                               \
            RN_EACH(i, n) y[i] = x[i * step];                                              \
        for (int64_t i = n; i < room; i++) y[i] = first;                                   \
    }

static void gather(void *to, const void *from, int64_t step, int64_t n, int64_t room,
                   int64_t size)
{
    if (size == 4)
        GATHER(uint32_t)
    else
        GATHER(uint64_t)
}

/* A map, and its operands' elements. */
typedef struct job {
    rn_map map;
    int inputs;
    int64_t size, block;
} job;

static const int64_t contiguous[INPUTS] = {1, 1};

/* Whole blocks where they are, then the last block of elements, some of them again. They
 * are copied first, because the result may be the memory of an input. */
static void run_contiguous(const job *j, int64_t n, const void *const *in, char *out)
{
    _Alignas(64) char copy[INPUTS][BLOCK * LARGEST];
    const void *at[INPUTS] = {NULL};
    const int64_t last = n - j->block;

    for (int i = 0; i < j->inputs; i++)
        at[i] = memcpy(copy[i], (const char *)in[i] + last * j->size,
                       (size_t)(j->block * j->size));
    j->map(n & -j->block, in, contiguous, out, NULL);
    j->map(j->block, at, contiguous, out + last * j->size, NULL);
}

void rn__map_pieces(int64_t n, const void *const *in, const int64_t *step, void *out,
                    rn_map map, int inputs, int64_t size, int64_t block)
{
    _Alignas(64) char copy[INPUTS][PIECE * LARGEST], result[PIECE * LARGEST];
    const void *at[INPUTS] = {NULL};
    const job j = {map, inputs, size, block};
    int direct = 0;

    while (direct < inputs && step[direct] == 1) direct++;
    if (n >= block && direct == inputs) {
        run_contiguous(&j, n, in, (char *)out);
        return;
    }
    for (int64_t done = 0; done < n; done += PIECE) {
        const int64_t some = n - done < PIECE ? n - done : PIECE;
        const int64_t room = (some + block - 1) & -block;
        char *to = (char *)out + done * size;

        for (int i = 0; i < inputs; i++) {
            at[i] = (const char *)in[i] + done * step[i] * size;
            if (step[i] == 1 && some == room) continue;
            if (step[i] != 0 || done == 0)
                gather(copy[i], at[i], step[i], step[i] ? some : 1, room, size);
            at[i] = copy[i];
        }
        map(room, at, contiguous, some == room ? to : result, NULL);
        if (some < room) memcpy(to, result, (size_t)(some * size));
    }
}
