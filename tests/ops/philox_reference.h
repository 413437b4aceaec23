/* SPDX-License-Identifier: MIT */
/* Philox4x32-10 written from its paper (Salmon and others, SC 2011), for tests. */
#ifndef RN_TESTS_OPS_PHILOX_REFERENCE_H
#define RN_TESTS_OPS_PHILOX_REFERENCE_H

#include <stdint.h>

/* c becomes the block of random bits of counter c under key k. */
void philox_reference(uint32_t c[4], uint32_t k0, uint32_t k1);

#endif
