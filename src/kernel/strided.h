/* SPDX-License-Identifier: MIT */
/*
 * Strided arrays: the element at index (i0, i1, ...) is at data + i0 stride[0] + i1
 * stride[1] + ..., strides in elements. A stride may be zero (the axis repeats one slice:
 * broadcasting) or negative (the axis is reversed).
 */
#ifndef RN_KERNEL_STRIDED_H
#define RN_KERNEL_STRIDED_H

#include <stddef.h>
#include <stdint.h>

enum { RN__STRIDED_AXES = 8 };

/*
 * Collapses axes to the smallest number that visits the same elements of every operand in
 * the same order. Axes of size 1 are removed, and an axis is joined to the next one if for
 * all operands
 *
 *   stride[i] = stride[i + 1] size[i + 1]
 *
 * that is, if the two axes are one of size[i] size[i + 1] with the inner stride.
 * stride[operand] is an array of `rank` strides. Sizes and strides are changed in place.
 * Returns the new rank: 0 for one element, 1 with size 0 for none. The last axis stays the
 * innermost.
 */
int rn__collapse(int rank, int64_t *size, int operands, int64_t *const *stride);

/*
 * Copies each element of `from` to the same index of `to`. Elements have 1, 4 or 8 bytes;
 * rank is at most RN__STRIDED_AXES. The two must not overlap, and no two indices may be the
 * same element of `to`. If a size is zero, nothing is copied.
 */
void rn__copy(int rank, const int64_t *size, size_t element, void *to,
              const int64_t *to_stride, const void *from, const int64_t *from_stride);

#endif
