/* SPDX-License-Identifier: MIT */
/*
 * Copying between strided arrays.
 *
 * The order of a copy is free, so the axes are sorted by their strides in `to` and
 * collapsed. The rest is processed as planes of two axes: the columns are the innermost
 * axis of `to`, the rows the innermost of `from`, or the next one. A plane consists of
 * contiguous runs, or is a transposition, or neither.
 */
#include "kernel/strided.h"

#include <stdbool.h>
#include <string.h>

enum { PAGE = 4096 };

#define INLINE static inline __attribute__((always_inline))

/* Two axes, strides in bytes. */
typedef struct plane {
    int64_t rows, columns;
    int64_t to_row, to_column, from_row, from_column;
} plane;

int rn__collapse(int rank, int64_t *size, int operands, int64_t *const *stride)
{
    int kept = 0;

    for (int i = 0; i < rank; i++)
        if (size[i] == 0) {
            size[0] = 0;
            return 1;
        }
    for (int i = 0; i < rank; i++) {
        if (size[i] == 1) continue;

        bool joins = kept > 0;
        for (int o = 0; joins && o < operands; o++)
            joins = stride[o][kept - 1] == stride[o][i] * size[i];

        int to = joins ? kept - 1 : kept++;
        size[to] = joins ? size[to] * size[i] : size[i];
        for (int o = 0; o < operands; o++) stride[o][to] = stride[o][i];
    }
    return kept;
}

/* `element` is always a constant, so that the copy is one load and one store. */
INLINE void move(char *to, const char *from, size_t element)
{
    memcpy(to, from, element);
}

INLINE void copy_block(const plane *p, int64_t rows, int64_t columns, size_t element,
                       char *to, const char *from)
{
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++)
            move(to + i * p->to_row + j * p->to_column,
                 from + i * p->from_row + j * p->from_column, element);
}

typedef uint32_t four __attribute__((vector_size(16)));

/* A block of 4 x 4 elements of 4 bytes; a column of `from` and a row of `to` are runs. */
static inline void transpose4(const plane *p, char *to, const char *from)
{
    four a, b, c, d;

    memcpy(&a, from, sizeof a);
    memcpy(&b, from + p->from_column, sizeof b);
    memcpy(&c, from + 2 * p->from_column, sizeof c);
    memcpy(&d, from + 3 * p->from_column, sizeof d);

    four ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    four ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    four cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    four cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);

    a = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
    b = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
    c = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
    d = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);

    memcpy(to, &a, sizeof a);
    memcpy(to + p->to_row, &b, sizeof b);
    memcpy(to + 2 * p->to_row, &c, sizeof c);
    memcpy(to + 3 * p->to_row, &d, sizeof d);
}

/* One block of a transposition, of at most one cache line each way. */
INLINE void transpose_block(const plane *p, int64_t rows, int64_t columns, size_t element,
                            char *to, const char *from)
{
    int64_t i = 0;

    if (element == 4 && columns % 4 == 0)
        for (; i + 4 <= rows; i += 4)
            for (int64_t j = 0; j < columns; j += 4)
                transpose4(p, to + i * p->to_row + j * 4,
                           from + i * 4 + j * p->from_column);
    copy_block(p, rows - i, columns, element, to + i * p->to_row, from + i * p->from_row);
}

/* Each cache line of either side is used completely while it is in the first-level
 * cache. */
INLINE void transpose(const plane *p, size_t element, char *to, const char *from)
{
    const int64_t line = 64 / (int64_t)element;

    for (int64_t i = 0; i < p->rows; i += line)
        for (int64_t j = 0; j < p->columns; j += line) {
            int64_t rows = p->rows - i < line ? p->rows - i : line;
            int64_t columns = p->columns - j < line ? p->columns - j : line;

            transpose_block(p, rows, columns, element,
                            to + i * p->to_row + j * p->to_column,
                            from + i * p->from_row + j * p->from_column);
        }
}

INLINE void copy_plane(const plane *p, size_t element, char *to, const char *from)
{
    const int64_t unit = (int64_t)element;

    if (p->to_column == unit && p->from_column == unit)
        for (int64_t i = 0; i < p->rows; i++)
            memcpy(to + i * p->to_row, from + i * p->from_row, (size_t)(p->columns * unit));
    else if (p->to_column == unit && p->from_row == unit)
        transpose(p, element, to, from);
    else
        copy_block(p, p->rows, p->columns, element, to, from);
}

static void copy_plane_of(const plane *p, size_t element, char *to, const char *from)
{
    switch (element) {
    case 1:
        copy_plane(p, 1, to, from);
        break;
    case 4:
        copy_plane(p, 4, to, from);
        break;
    case 8:
        copy_plane(p, 8, to, from);
        break;
    default:
        break;
    }
}

static int64_t magnitude(int64_t stride)
{
    return stride < 0 ? -stride : stride;
}

static void swap(int64_t *x, int i, int j)
{
    int64_t kept = x[i];

    x[i] = x[j], x[j] = kept;
}

/* The axes of a copy, outermost first, strides in elements and then in bytes. */
typedef struct axes {
    int rank;
    int64_t size[RN__STRIDED_AXES + 2];
    int64_t to[RN__STRIDED_AXES + 2], from[RN__STRIDED_AXES + 2];
} axes;

static void swap_axes(axes *x, int i, int j)
{
    swap(x->size, i, j), swap(x->to, i, j), swap(x->from, i, j);
}

/* By stride in `to`, largest first, then collapsed. Insertion keeps equals in their
 * order. */
static void put_in_order(axes *x)
{
    for (int i = 1; i < x->rank; i++)
        for (int j = i; j > 0 && magnitude(x->to[j - 1]) < magnitude(x->to[j]); j--)
            swap_axes(x, j - 1, j);

    int64_t *const strides[] = {x->to, x->from};
    x->rank = rn__collapse(x->rank, x->size, 2, strides);
}

/* At least two axes. The last but one is the innermost of `from`, unless that is the
 * last. */
static void choose_rows(axes *x)
{
    while (x->rank < 2) {
        for (int i = x->rank; i > 0; i--)
            x->size[i] = x->size[i - 1], x->to[i] = x->to[i - 1],
            x->from[i] = x->from[i - 1];
        x->size[0] = 1, x->to[0] = x->from[0] = 0;
        x->rank++;
    }

    int rows = x->rank - 2;
    for (int i = rows - 1; i >= 0; i--)
        if (x->from[i] == 1 && x->from[x->rank - 1] != 1) rows = i;
    swap_axes(x, rows, x->rank - 2);
}

/* How many elements an array has that is dense, or is one element repeated, which `every`
 * = 1 or 0 tells; 0: it is not. */
static int64_t dense(int rank, const int64_t *size, const int64_t *stride, int64_t every)
{
    int64_t n = 1;

    for (int i = rank - 1; i >= 0; i--) {
        if (size[i] != 1 && stride[i] != n * every) return 0;
        n *= size[i];
    }
    return n;
}

/* Repeats the first `element` bytes: what is written so far, up to a page of it. */
static void repeat(char *to, size_t element, size_t bytes)
{
    for (size_t done = element, n; done < bytes; done += n) {
        n = done < PAGE ? done : PAGE;
        if (n > bytes - done) n = bytes - done;
        memcpy(to + done, to, n);
    }
}

void rn__copy(int rank, const int64_t *size, size_t element, void *to,
              const int64_t *to_stride, const void *from, const int64_t *from_stride)
{
    axes x = {.rank = rank};
    int64_t index[RN__STRIDED_AXES] = {0}, to_at = 0, from_at = 0;
    const size_t bytes = (size_t)dense(rank, size, to_stride, 1) * element;

    if (bytes && dense(rank, size, from_stride, 1)) {
        memcpy(to, from, bytes);
        return;
    }
    if (bytes && dense(rank, size, from_stride, 0)) {
        memcpy(to, from, element);
        repeat((char *)to, element, bytes);
        return;
    }
    for (int i = 0; i < rank; i++)
        x.size[i] = size[i], x.to[i] = to_stride[i], x.from[i] = from_stride[i];
    put_in_order(&x);
    choose_rows(&x);
    for (int i = 0; i < x.rank; i++)
        x.to[i] *= (int64_t)element, x.from[i] *= (int64_t)element;

    int outer = x.rank - 2, axis = outer;
    plane p = {x.size[outer],   x.size[outer + 1], x.to[outer],
               x.to[outer + 1], x.from[outer],     x.from[outer + 1]};

    /* Advances the indices of the outer axes, the last one fastest. */
    while (axis >= 0) {
        copy_plane_of(&p, element, (char *)to + to_at, (const char *)from + from_at);
        for (axis = outer - 1; axis >= 0; axis--) {
            to_at += x.to[axis], from_at += x.from[axis];
            if (++index[axis] < x.size[axis]) break;
            to_at -= x.to[axis] * x.size[axis], from_at -= x.from[axis] * x.size[axis];
            index[axis] = 0;
        }
    }
}
