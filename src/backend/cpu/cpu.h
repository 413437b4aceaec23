/* SPDX-License-Identifier: MIT */
/*
 * The back end for processors: a plan lowered to calls of kernels.
 *
 * The lowered program does not change while it runs and may be shared. What changes is in a
 * context, of which each thread has one: the indices of loops, a kernel's arguments,
 * scratch, memory for tiles. The steps, operands and blocks of the plan stay as they are;
 * lowering adds to each step the code that computes it and, for a map, its collapsed axes.
 */
#ifndef RN_BACKEND_CPU_CPU_H
#define RN_BACKEND_CPU_CPU_H

#include <string.h>

#include "backend/backend.h"
#include "backend/cpu/pool.h"
#include "backend/watch.h"
#include "ops/table.h"

/* An operand's first byte: base + the sum of iterations * advance, or, of a value that has
 * memory for one tile, a byte of the context's tiles. Most advance in no loop or one, so
 * that what is read of most fits half a cache line. */
typedef struct rn__cpu_address {
    char *base;             /* in the workspace or a variable; NULL: neither */
    int64_t tile;           /* offset in the tiles; -1: not there */
    const int64_t *advance; /* of the plan's address */
    int loops, rows;        /* how many of these count, of loops and of packed rows */
} rn__cpu_address;

/* An input of a chain by rows that comes from memory; the bytes of a row. */
typedef struct rn__cpu_stream {
    const rn__cpu_address *address;
    int64_t bytes;
} rn__cpu_stream;

/* How threads share a call; share.h. */
typedef struct rn__share {
    bool waits;      /* all threads wait before it; */
    bool waits_then; /* of a loop: and after it */
    bool divided;    /* else it is thread 0's; a loop that is not, with all that is in it */
    bool by_limit;   /* its limit cuts the units */
    int axis;        /* of the output, which is cut in ranges of n units */
    int64_t n, granule;
    int *cut; /* by input: its axis that is cut with it, or -1; NULL: cannot be divided */
} rn__share;

/* Units from..to - 1 of `n`, the range of one of `threads` threads. */
typedef struct rn__range {
    int64_t from, to;
} rn__range;

static inline rn__range rn__share_range(int64_t n, int64_t granule, int thread, int threads)
{
    const int64_t blocks = (n + granule - 1) / granule;
    const int64_t from = blocks * thread / threads * granule;
    const int64_t to = blocks * (thread + 1) / threads * granule;

    return (rn__range){from < n ? from : n, to < n ? to : n};
}

enum { RN__CPU_STREAMS = 4 };

/* What a run reads of a step most often is repeated here, first and side by side. */
typedef struct rn__cpu_call {
    rn__step_kind kind;
    int inputs, depth;
    /* Of a map: its axes, collapsed over all operands, and what one row of the first axis
     * is. Of a chain: rows of which each map has a whole number. */
    int rank;
    int32_t end;     /* of a block */
    int32_t array;   /* the first of its arguments in a context: of a kernel, or a map's */
    uint32_t moving; /* bit i: the address of operand i changes from run to run of the call;
                        bit 31: those of all after it may */
    rn__cpu_address *address; /* by operand */
    rn__code code;
    const void *attributes;
    int64_t rows, row; /* how many; elements of one */
    int64_t scale;     /* of a map in a chain: its rows in one of the chain */
    int64_t tile;      /* of a chain: rows that run at a time */
    int64_t *move;     /* [axis][operand], bytes to the next index; of a kernel in a chain
                          by rows: [operand], bytes to the next row */
    int64_t *step_of;  /* by input: elements to the next one of the innermost axis; then
                          one row, for additions of products (ops/table.h) */
    int64_t *plane;    /* the same of all rows of the last but one axis, or NULL */
    rn__share share;
    rn__cpu_address limit, packed;
    const rn__step *step;
    int64_t size[RN_RANK_MAX];
    int *row_axis; /* of a kernel in a chain by rows: by operand, the axis of the rows */
    int64_t *unit; /* by operand: bytes from one unit to the next; 0: it is not cut */
    int streams;
    rn__cpu_stream stream[RN__CPU_STREAMS]; /* of a chain by rows */
} rn__cpu_call;

typedef struct rn__cpu_program {
    const rn__plan *plan;
    rn__cpu_call *call; /* by step */
    char *workspace;
    int32_t arrays, places; /* arguments of all kernels, and of all maps */
    int threads;
    /* Of each thread its own: tiles, and then the indices of loops. */
    size_t tile_bytes;
    int32_t *counter; /* by buffer: an index that only its loop writes; 0: none, else the
                         number of it, counted from 1 */
    rn__arena arena;
} rn__cpu_program;

/* What a thread has of its own. */
typedef struct rn__cpu_context {
    const rn__cpu_program *program;
    char *tiles, *scratch;
    size_t scratch_bytes;
    rn_array *array; /* the arguments of all kernels, */
    void **place;    /* and of all maps. Addresses that move are set when they are used */
    /* Of the loops around, by depth: the iteration; then the packed row where it begins. */
    int64_t iteration[RN__ADVANCES];
    rn__tracer *tracer;   /* NULL: none */
    rn__profile *profile; /* NULL: steps are not measured */
    rn__pool *pool;       /* of the run; NULL: it has one thread */
    int thread, threads;
    bool failed, raised; /* after a run: the thread's kernel, its flags */
    int64_t calls;       /* walked by all threads alike: where an error was */
    char *error;         /* where a message goes */
    size_t error_capacity;

    /* The map that is traced: element `from` of its output is at `out`. */
    const char *out;
    int64_t from;
} rn__cpu_context;

/* ---- lower.c ---- */

/* For at most so many threads. False without memory. Freed with rn__cpu_finish, in any
 * state. */
bool rn__cpu_lower(rn__cpu_program *p, const rn__plan *plan, int threads);
void rn__cpu_finish(rn__cpu_program *p);

bool rn__cpu_supports(const rn_op *op, rn_type variant);

/* Where a buffer begins that is not in the tiles. */
char *rn__cpu_buffer(const rn__cpu_program *p, int32_t buffer);

/* ---- pages.c ---- */

/* Asks for large pages for memory that has not been written yet, where there are any. */
void rn__cpu_large_pages(void *memory, size_t bytes);

/* ---- context.c ---- */

/* False without memory. Finished in any state, also of zeros. */
bool rn__context_init(rn__cpu_context *c, const rn__cpu_program *p, size_t scratch);
void rn__context_finish(rn__cpu_context *c);

/* ---- run.c, map.c ---- */

/* Runs steps first..end - 1 at the context's iterations of the loops around them. */
bool rn__cpu_run(rn__cpu_context *c, int32_t first, int32_t end);

/* The rows of a map or a chain that its limit allows; all without a limit. */
int64_t rn__cpu_rows(const rn__cpu_context *c, const rn__cpu_call *call);

/* Runs `rows` rows of a map, or of a chain tile by tile, from row `first` on. Rows may run
 * in any order and number, in contexts of several threads at once, with the same bits. */
void rn__cpu_map_rows(rn__cpu_context *c, const rn__cpu_call *call, int64_t first,
                      int64_t rows);
bool rn__cpu_chain_rows(rn__cpu_context *c, int32_t chain, int64_t first, int64_t rows);

/* Runs such rows of a kernel in a chain by rows. Like that of a chain, false if the kernel
 * rejects its values. */
bool rn__cpu_kernel_rows(rn__cpu_context *c, const rn__cpu_call *call, int64_t first,
                         int64_t rows);

/* ---- profile.c ---- */

/* rn__cpu_run, with every step measured. */
bool rn__cpu_profile(rn__cpu_context *c, int32_t first, int32_t end);

/* Operations a second of one core at best. */
double rn__cpu_peak(bool f64);

/* ---- trace.c ---- */

/* Before the rows of a map: where its output is, and which element is there. */
void rn__cpu_trace_begin(rn__cpu_context *c, int64_t from, const char *out);

/* Runs one row of a map, n elements, and traces it. */
void rn__cpu_trace_row(rn__cpu_context *c, const rn__cpu_call *call, int64_t n,
                       const void *const *in, const int64_t *stride, void *out);

/* Runs steps first..end - 1, measured if the program has a profile. */
static inline bool rn__cpu_walk(rn__cpu_context *c, int32_t first, int32_t end)
{
    return c->profile ? rn__cpu_profile(c, first, end) : rn__cpu_run(c, first, end);
}

/* ---- addresses ---- */

/* Where an operand's first element is now. */
static inline char *rn__cpu_at(const rn__cpu_context *c, const rn__cpu_address *address)
{
    char *at = address->tile < 0 ? address->base : c->tiles + address->tile;

    for (int d = 0; d < address->loops; d++) at += c->iteration[d] * address->advance[d];
    for (int d = RN_LOOP_DEPTH; d < address->rows; d++)
        at += c->iteration[d] * address->advance[d];
    return at;
}

static inline bool rn__cpu_moves(const rn__cpu_call *call, int i)
{
    return call->moving >> (i < 31 ? i : 31) & 1;
}

/* The part of n units of a call that is this thread's. */
static inline rn__range rn__cpu_part(const rn__cpu_context *c, const rn__cpu_call *call,
                                     int64_t n)
{
    if (c->threads == 1) return (rn__range){0, n};
    return rn__share_range(n, call->share.granule, c->thread, c->threads);
}

/* How many of `iterations` the limit at this address allows. */
static inline int64_t rn__cpu_limit(const rn__cpu_context *c,
                                    const rn__cpu_address *address, int64_t iterations)
{
    int32_t limit;

    memcpy(&limit, rn__cpu_at(c, address), sizeof limit);
    return limit < 0 ? 0 : limit < iterations ? limit : iterations;
}

#endif
