/* SPDX-License-Identifier: MIT */
/*
 * Splitting text into characters, words and bytes.
 *
 * The table stands for the properties of Unicode's characters that matter here: letters
 * are what it does not contain.
 */
#include "data/split.h"

#include <string.h>

#include "base/utf8.h"
#include "data/letters.h"

static const char replacement[] = "\xEF\xBF\xBD";

/* LETTER also stands for digits. CUT: the text ends within the character. */
typedef enum kind { BLANK, LETTER, SINGLE, APOSTROPHE, BAD, CUT } kind;

static const struct range {
    uint32_t first;
    uint16_t length, kind;
} ranges[] = {
    {0x80, 0x21, BLANK},       {0xA1, 9, SINGLE},        {0xAB, 10, SINGLE},
    {0xB6, 4, SINGLE},         {0xBB, 5, SINGLE},        {0xD7, 1, SINGLE},
    {0xF7, 1, SINGLE},         {0x37E, 1, SINGLE},       {0x387, 1, SINGLE},
    {0x589, 2, SINGLE},        {0x5BE, 1, SINGLE},       {0x5C0, 1, SINGLE},
    {0x5C3, 1, SINGLE},        {0x60C, 1, SINGLE},       {0x61B, 1, SINGLE},
    {0x61F, 1, SINGLE},        {0x6D4, 1, SINGLE},       {0x964, 2, SINGLE},
    {0x1680, 1, BLANK},        {0x2000, 12, BLANK},      {0x200E, 2, BLANK},
    {0x2010, 9, SINGLE},       {0x2019, 1, APOSTROPHE},  {0x201A, 14, SINGLE},
    {0x2028, 8, BLANK},        {0x2030, 0x2F, SINGLE},   {0x205F, 0x11, BLANK},
    {0x2070, 0xB90, SINGLE},   {0x2E00, 0x80, SINGLE},   {0x3000, 1, BLANK},
    {0x3001, 0x3F, SINGLE},    {0x3400, 0x6C00, SINGLE}, {0xF900, 0x200, SINGLE},
    {0xFE10, 0x60, SINGLE},    {0xFEFF, 1, BLANK},       {0xFF01, 15, SINGLE},
    {0xFF1A, 7, SINGLE},       {0xFF3B, 6, SINGLE},      {0xFF5B, 11, SINGLE},
    {0xFFFC, 2, SINGLE},       {0x1F000, 0xB00, SINGLE}, {0x20000, 0xFFFF, SINGLE},
    {0x2FFFF, 0xFFFF, SINGLE},
};

static kind kind_above(uint32_t code)
{
    size_t low = 0, high = sizeof ranges / sizeof *ranges;

    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (code - ranges[middle].first < ranges[middle].length)
            return (kind)ranges[middle].kind;
        if (code < ranges[middle].first)
            high = middle;
        else
            low = middle + 1;
    }
    return LETTER;
}

static inline bool is_letter(unsigned char c)
{
    return ((c | 0x20u) - (unsigned)'a' < 26u) | ((unsigned)c - '0' < 10u);
}

/* The first byte that is no ASCII letter or digit. */
static const char *letters_end(const char *at, const char *end)
{
    for (uint64_t x; RN__LITTLE && end - at >= 8; at += 8) {
        memcpy(&x, at, 8);
        const uint64_t others = rn__no_letters(x);
        if (others) return at + __builtin_ctzll(others) / 8;
    }
    while (at < end && is_letter((unsigned char)*at)) at++;
    return at;
}

/* The character at `at`, which is not the end; *length is its length. */
static kind kind_at(const char *at, const char *end, int *length)
{
    const unsigned char c = (unsigned char)*at;
    uint32_t code;

    *length = 1;
    if (c < 0x80) {
        if (is_letter(c)) return LETTER;
        return c <= ' ' || c == 0x7F ? BLANK : c == '\'' ? APOSTROPHE : SINGLE;
    }
    *length = rn__utf8_next(at, end, &code);
    if (*length == 0) {
        *length = (int)(end - at);
        return CUT;
    }
    if (*length > 0) return kind_above(code);
    *length = -*length;
    return BAD;
}

static bool give(rn_tokens *t, const char *token, size_t bytes, const char *next)
{
    t->token = token;
    t->bytes = bytes;
    t->next = next;
    return true;
}

static bool give_bad(rn_tokens *t, int length)
{
    if (t->replace) return give(t, replacement, 3, t->next + length);
    t->bad = true;
    return false;
}

static bool next_character(rn_tokens *t, bool last)
{
    uint32_t code;

    if (t->next == t->end) return false;
    const int length = rn__utf8_next(t->next, t->end, &code);
    if (length > 0) return give(t, t->next, (size_t)length, t->next + length);
    if (length == 0 && !last) return false;
    return give_bad(t, length ? -length : (int)(t->end - t->next));
}

/* The end of the word of which a letter is before `at`; NULL: it may go on. */
static const char *word_end(const char *at, const char *end, bool last)
{
    for (;;) {
        int length, next;
        at = letters_end(at, end);
        if (at == end) return last ? at : NULL;
        if (!(*at & 0x80) && *at != '\'') return at;
        const kind k = kind_at(at, end, &length);
        if (k == CUT && !last) return NULL;
        if (k == APOSTROPHE) {
            if (at + length == end) return last ? at : NULL;
            const kind behind = kind_at(at + length, end, &next);
            if (behind == CUT && !last) return NULL;
            if (behind != LETTER) return at;
        } else if (k != LETTER) {
            return at;
        }
        at += length;
    }
}

static bool next_word(rn_tokens *t, bool last)
{
    kind k = BLANK;
    int length = 0;

    while (t->next < t->end && *t->next == ' ') t->next++;
    while (t->next < t->end && (k = kind_at(t->next, t->end, &length)) == BLANK)
        t->next += length;
    if (t->next == t->end || (k == CUT && !last)) return false;
    if (k == BAD || k == CUT) return give_bad(t, length);
    const char *end =
        k == LETTER ? word_end(t->next + length, t->end, last) : t->next + length;
    return end && give(t, t->next, (size_t)(end - t->next), end);
}

/* Behind the one token there is nothing, not even an empty one. */
static bool next_whole(rn_tokens *t, bool last)
{
    const char *text = t->next;

    if (!text || !last) return false;
    for (const char *at = text; at < t->end;) {
        uint32_t code;
        const int length = rn__utf8_next(at, t->end, &code);
        t->bad = length <= 0;
        if (t->bad) return t->next = at, false;
        at += length;
    }
    return give(t, text, (size_t)(t->end - text), NULL);
}

bool rn__split_next(rn_tokens *t, bool last)
{
    switch (t->split) {
    case RN_CHARACTERS:
        return next_character(t, last);
    case RN_WORDS:
        return next_word(t, last);
    case RN_BYTES:
        return t->next < t->end && give(t, t->next, 1, t->next + 1);
    case RN_WHOLE:
        return next_whole(t, last);
    }
    return false;
}

int64_t rn__split_skip(rn_tokens *t, bool last, int64_t most)
{
    int64_t count = 0;

    if (t->split == RN_BYTES) {
        count = t->end - t->next < most ? t->end - t->next : most;
        t->next += count;
        return count;
    }
    while (count < most) {
        if (t->split == RN_CHARACTERS)
            while (count < most && t->next < t->end && !(*t->next & 0x80))
                t->next++, count++;
        if (count == most || !rn__split_next(t, last)) break;
        count++;
    }
    return count;
}

bool rn_tokens_next(rn_tokens *tokens)
{
    return tokens && tokens->next && tokens->end && tokens->next <= tokens->end &&
           rn__split_next(tokens, true);
}
