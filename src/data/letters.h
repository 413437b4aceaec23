/* SPDX-License-Identifier: MIT */
/* ASCII letters and digits, 8 bytes at once. */
#ifndef RN_DATA_LETTERS_H
#define RN_DATA_LETTERS_H

#include <stdint.h>

/* Bytes in the order of memory begin with the low ones. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define RN__LITTLE 1
#else
#define RN__LITTLE 0
#endif

/* The high bits of the bytes that are no ASCII letters or digits. */
static inline uint64_t rn__no_letters(uint64_t x)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones * 0x80;
    const uint64_t digit = x & ~high, letter = digit | ones * 0x20;
    const uint64_t digits = (digit + ones * (0x80 - '0')) & ~(digit + ones * (0x7F - '9')),
                   letters =
                       (letter + ones * (0x80 - 'a')) & ~(letter + ones * (0x7F - 'z'));

    return (~(digits | letters) | x) & high;
}

#endif
