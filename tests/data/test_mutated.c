/* SPDX-License-Identifier: MIT */
/* Files that were damaged at random: everything is read or refused, nothing crashes; and
 * allocations that fail: an error with a message, and nothing is leaked. */
#include "io/io_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden/data_tables.h"
#include "rondo/table.h"

/* ---- an allocator that refuses the n-th request, and counts blocks ---- */

typedef struct memory {
    long blocks, requests, refuse;
} memory;

static void *reallocate(void *user, void *block, size_t bytes)
{
    memory *m = (memory *)user;

    if (bytes == 0) {
        m->blocks -= block != NULL;
        free(block);
        return NULL;
    }
    if (++m->requests == m->refuse) return NULL;
    m->blocks += block == NULL;
    return realloc(block, bytes);
}

/* ---- what is done with a file; whether all of it succeeds ---- */

static bool saves; /* which takes long, as files are flushed to disk */

static bool uses(rn_source s)
{
    int32_t to[2000];

    if (s.count < 0) return s.error(s.self)[0] == 0;
    for (int64_t i = 0; i < s.count; i++) {
        const int64_t length = s.length(s.self, i);
        for (int k = 0; k < s.field_count; k++)
            for (int64_t first = 0, all = s.fields[k].once ? 1 : length; first < all;) {
                const int64_t left = all - first, n = left < 900 ? left : 900;
                if (!s.read(s.self, i, k, first, n, to)) return s.error(s.self)[0] == 0;
                first += n;
            }
    }
    return true;
}

static bool text_works(rn_allocator a, rn_splitting split)
{
    rn_vocabulary *v = rn_vocabulary_new((rn_vocabulary_options){
        .split = split, .marks = RN_MARK_UNKNOWN | RN_MARK_BEGIN, .allocator = a});
    bool ok = v && rn_vocabulary_add_file(v, "f") == RN_OK;

    cr_assert(ok || !v || rn_vocabulary_error(v)[0]);
    rn_text *lines = v ? rn_text_lines("f", v) : NULL;
    ok = lines && uses(rn_text_source(lines)) && ok;
    rn_text *stream = v ? rn_text_stream("f", v) : NULL;
    ok = stream && uses(rn_text_source(stream)) && ok;
    rn_text_free(lines);
    rn_text_free(stream);
    rn_vocabulary_free(v);
    return ok;
}

static bool words_work(rn_allocator a)
{
    return text_works(a, RN_WORDS);
}

static bool table_works(rn_allocator a)
{
    rn_vocabulary *words = rn_vocabulary_new((rn_vocabulary_options){
                      .split = RN_WORDS, .marks = RN_MARK_UNKNOWN, .allocator = a}),
                  *names = rn_vocabulary_new(
                      (rn_vocabulary_options){.split = RN_WHOLE, .allocator = a});
    rn_column columns[] = {{.number = 0, .vocabulary = words},
                           {.number = 1, .vocabulary = names},
                           {.number = 2, .missing = RN_MISSING_MEAN}};
    double numbers[200];
    rn_table *t =
        words && names ? rn_table_open("f", (rn_table_options){.allocator = a}) : NULL;
    bool ok = t && rn_table_add(t, columns, 2) == RN_OK &&
              rn_table_read(t, columns + 1, 2, RN_F64, numbers, 200) == RN_OK &&
              uses(rn_table_source(t, columns, 3));

    cr_assert(ok || !t || rn_table_error(t)[0]);
    rn_table_free(t);
    rn_vocabulary_free(words);
    rn_vocabulary_free(names);
    return ok;
}

static bool vocabulary_works(rn_allocator a)
{
    rn_vocabulary *v = rn_vocabulary_new((rn_vocabulary_options){.allocator = a});
    const bool ok = v && rn_vocabulary_load(v, "f") == RN_OK &&
                    rn_vocabulary_count(v) > 0 &&
                    (!saves || rn_vocabulary_save(v, "g") == RN_OK);

    cr_assert(ok || !v || rn_vocabulary_error(v)[0]);
    rn_vocabulary_free(v);
    return ok;
}

static bool npy_works(rn_allocator a)
{
    char message[200];
    rn_npy *n = rn_npy_read("f", a, message, sizeof message);

    cr_assert((n != NULL) == (message[0] == 0));
    rn_npy_free(n);
    return n != NULL;
}

/* ---- files ---- */

static const char csv[] =
    "text,class,n\n\"a, \"\"b\"\"\nc\",x,1.5\n\303\251\303\251 d,y,NA\n"
    "e,x,-2e3\n,\"z\",12345678901234567890123\n";
static const char words[] =
    "rondo-vocabulary 1 words lower\n\\padding\n\\unknown\nthe\t12\n"
    "a\\x41\\t\t7\n\303\251\n,\t1\n";

typedef struct sample {
    const char *data;
    size_t bytes;
    bool (*works)(rn_allocator a);
} sample;

static const sample samples[] = {
    {golden_text, golden_text_bytes, words_work},
    {csv, sizeof csv - 1, table_works},
    {words, sizeof words - 1, vocabulary_works},
    {golden_npy_deep, golden_npy_deep_bytes, npy_works},
    {golden_npy_12, golden_npy_12_bytes, npy_works},
};
enum { SAMPLES = sizeof samples / sizeof *samples };

static uint64_t draw(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

/* Changes, removes or doubles a few bytes. */
static size_t damage(char *data, size_t bytes, uint64_t *state)
{
    static const char likely[] = "\"\",\n\r\\\0\xff\xc3\t0-'()x";

    for (uint64_t n = 1 + draw(state) % 3; n > 0 && bytes > 0; n--) {
        const size_t at = draw(state) % bytes;
        switch (draw(state) % 5) {
        case 0:
            data[at] = (char)draw(state);
            break;
        case 1:
            data[at] = likely[draw(state) % (sizeof likely - 1)];
            break;
        case 2:
            memmove(data + at, data + at + 1, --bytes - at);
            break;
        case 3:
            memmove(data + at + 1, data + at, bytes++ - at);
            break;
        default:
            bytes = draw(state) % 8 ? bytes : at;
        }
    }
    return bytes;
}

Test(mutated, files)
{
    rn_test_directory d = rn_test_directory_new();
    uint64_t state = 7;
    char data[2000];

    for (int k = 0; k < SAMPLES; k++) {
        const sample *s = &samples[k];
        int good = 0;
        rn_test_write("f", s->data, s->bytes);
        memory m = {0};
        cr_assert(s->works((rn_allocator){reallocate, &m}), "sample %d", k);
        cr_assert_eq(m.blocks, 0);
        for (int i = 0; i < 300; i++) {
            memcpy(data, s->data, s->bytes);
            remove("f"); /* some systems flush a file that is truncated */
            rn_test_write("f", data, damage(data, s->bytes, &state));
            good += s->works((rn_allocator){reallocate, &m});
            cr_assert_eq(m.blocks, 0, "sample %d, damage %d", k, i);
        }
        cr_assert(good > 0 && good < 300, "sample %d: %d", k, good);
    }
    rn_test_directory_free(&d);
}

Test(mutated, refused_allocations)
{
    rn_test_directory d = rn_test_directory_new();

    saves = true;
    for (int k = 0; k < SAMPLES; k++) {
        bool done = false;
        rn_test_write("f", samples[k].data, samples[k].bytes);
        for (long n = 1; !done; n++) {
            memory m = {.refuse = n};
            done = samples[k].works((rn_allocator){reallocate, &m});
            cr_assert_eq(m.blocks, 0, "sample %d, request %ld", k, n);
            cr_assert_eq(done, m.requests < n, "sample %d, request %ld", k, n);
        }
    }
    rn_test_directory_free(&d);
}
