/* SPDX-License-Identifier: MIT */
/* Collapsing of axes, and copies between layouts, against an index computed for each
 * element. */
#include "kernel/strided.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { POISON = 0xA5 };

static uint64_t state = 1;

/* Below n; a fixed sequence. */
static int64_t draw(int64_t n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (int64_t)((state >> 33) % (uint64_t)n);
}

/* ---- collapse ---- */

Test(strided, collapse_merges_contiguous)
{
    int64_t size[] = {2, 3, 4}, x[] = {12, 4, 1}, y[] = {24, 8, 2};
    int64_t *const strides[] = {x, y};

    cr_assert_eq(rn__collapse(3, size, 2, strides), 1);
    cr_assert_eq(size[0], 24);
    cr_assert_eq(x[0], 1);
    cr_assert_eq(y[0], 2);
}

Test(strided, collapse_needs_every_operand)
{
    int64_t size[] = {2, 3, 4}, x[] = {12, 4, 1}, y[] = {0, 4, 1};
    int64_t *const strides[] = {x, y};

    cr_assert_eq(rn__collapse(3, size, 2, strides), 2);
    cr_assert(size[0] == 2 && size[1] == 12);
    cr_assert(x[0] == 12 && x[1] == 1 && y[0] == 0 && y[1] == 1);
}

Test(strided, collapse_keeps_a_transposition)
{
    int64_t size[] = {3, 4}, x[] = {1, 3};
    int64_t *const strides[] = {x};

    cr_assert_eq(rn__collapse(2, size, 1, strides), 2);
}

Test(strided, collapse_drops_ones_whatever_their_stride)
{
    int64_t size[] = {1, 5, 1, 2, 1}, x[] = {99, 2, -7, 1, 1000};
    int64_t *const strides[] = {x};

    cr_assert_eq(rn__collapse(5, size, 1, strides), 1);
    cr_assert(size[0] == 10 && x[0] == 1);
}

Test(strided, collapse_of_broadcasts_and_reversals)
{
    int64_t size[] = {4, 5, 6}, zero[] = {0, 0, 0}, back[] = {-30, -6, -1};
    int64_t *const strides[] = {zero, back};

    cr_assert_eq(rn__collapse(3, size, 2, strides), 1);
    cr_assert(size[0] == 120 && zero[0] == 0 && back[0] == -1);
}

Test(strided, collapse_of_one_element_and_of_none)
{
    int64_t ones[] = {1, 1}, none[] = {3, 0, 1}, x[] = {5, 6, 7};
    int64_t *const strides[] = {x};

    cr_assert_eq(rn__collapse(2, ones, 1, strides), 0);
    cr_assert_eq(rn__collapse(0, ones, 1, strides), 0);
    cr_assert_eq(rn__collapse(3, none, 1, strides), 1);
    cr_assert_eq(none[0], 0);
}

/* ---- copy ---- */

/* A layout of the sizes: the axes in some order, gaps, some axes backwards. */
typedef struct layout {
    int64_t stride[RN__STRIDED_AXES], first, elements;
} layout;

static layout draw_layout(int rank, const int64_t *size, bool repeats)
{
    layout x = {.elements = 1};
    int order[RN__STRIDED_AXES] = {0};

    for (int i = 0; i < rank; i++) {
        int j = (int)draw(i + 1);
        order[i] = order[j], order[j] = i;
    }
    for (int i = 0; i < rank; i++) {
        int axis = order[i];

        if (repeats && !draw(5)) {
            x.stride[axis] = 0;
            continue;
        }
        x.stride[axis] = x.elements * (draw(4) ? 1 : 2);
        x.elements = x.stride[axis] * (size[axis] ? size[axis] : 1);
        if (draw(4)) continue;
        x.first += x.stride[axis] * (size[axis] ? size[axis] - 1 : 0);
        x.stride[axis] = -x.stride[axis];
    }
    return x;
}

static int64_t offset(const layout *x, int rank, const int64_t *size, int64_t element)
{
    int64_t at = x->first;

    for (int i = rank - 1; i >= 0; i--)
        at += element % size[i] * x->stride[i], element /= size[i];
    return at;
}

/* Copies, and looks at every byte of the target: copied ones and those between them. */
static void check(int rank, const int64_t *size, size_t element, layout to, layout from)
{
    int64_t count = 1;
    size_t to_bytes = (size_t)to.elements * element;
    size_t from_bytes = (size_t)from.elements * element;
    unsigned char *target = (unsigned char *)malloc(to_bytes);
    unsigned char *wanted = (unsigned char *)malloc(to_bytes);
    unsigned char *source = (unsigned char *)malloc(from_bytes);

    cr_assert(target && wanted && source);
    memset(target, POISON, to_bytes), memset(wanted, POISON, to_bytes);
    for (size_t i = 0; i < from_bytes; i++) source[i] = (unsigned char)draw(256);
    for (int i = 0; i < rank; i++) count *= size[i];
    for (int64_t i = 0; i < count; i++)
        memcpy(wanted + offset(&to, rank, size, i) * (int64_t)element,
               source + offset(&from, rank, size, i) * (int64_t)element, element);

    rn__copy(rank, size, element, target + to.first * (int64_t)element, to.stride,
             source + from.first * (int64_t)element, from.stride);
    cr_assert(!memcmp(target, wanted, to_bytes), "rank %d, %zu bytes", rank, element);
    free(target), free(wanted), free(source);
}

static const size_t elements[] = {1, 4, 8};

Test(strided, copy_of_random_layouts)
{
    for (int trial = 0; trial < 3000; trial++) {
        int rank = (int)draw(RN__STRIDED_AXES + 1);
        int64_t size[RN__STRIDED_AXES], most = rank < 3 ? 70 : rank < 5 ? 9 : 4;

        for (int i = 0; i < rank; i++) size[i] = draw(40) ? 1 + draw(most) : 0;

        layout to = draw_layout(rank, size, false), from = draw_layout(rank, size, true);
        check(rank, size, elements[trial % 3], to, from);
    }
}

/* Every rest that a blocked transposition can leave. */
Test(strided, copy_transposes)
{
    for (int64_t rows = 1; rows < 40; rows += 3)
        for (int64_t columns = 1; columns < 150; columns += 7)
            for (int e = 0; e < 3; e++) {
                int64_t size[] = {rows, columns};
                layout to = {.stride = {columns, 1}, .elements = rows * columns};
                layout from = {.stride = {1, rows}, .elements = rows * columns};

                check(2, size, elements[e], to, from);
            }
}
