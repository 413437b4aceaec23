/* SPDX-License-Identifier: MIT */
/*
 * Streams: windows over texts laid end to end.
 *
 *   row b         steps b R to (b + 1) R of all, the last row perhaps fewer
 *   window k      steps k A to k A + T of each row; A is the advance
 *
 * A cursor a row says where the window begins. It moves on with the windows; after a jump,
 * one pass over the lengths finds all of them.
 */
#include <string.h>

#include "data/batches.h"
#include "data/shuffle.h"
#include "rondo/streams.h"

/* The steps of a text that a row may have as inputs; the next field needs one more. */
static int64_t usable(const rn_batches *b, int64_t text)
{
    const int64_t n = rn__source_length(&b->source, b->sequence[text]);

    return b->joined || b->next_field < 0 || n == 0 ? n : n - 1;
}

/* Moves over `steps` steps, and then over texts without any: at a text's step 0 it begins.
 */
static void advance(const rn_batches *b, rn__cursor *c, int64_t steps)
{
    for (; c->text < b->source.count; c->text++, c->step = 0) {
        const int64_t left = usable(b, c->text) - c->step;

        if (steps < left) {
            c->step += steps;
            return;
        }
        steps -= left;
    }
}

/* ---- reading ---- */

/* Small windows would take many small reads, so what follows is read with them. A source
 * may be read differently in every epoch, and again after a jump. */
static void forget(rn_batches *b)
{
    if (b->piece)
        memset(b->piece, 0, (size_t)(b->field_count * b->options.batch) * sizeof *b->piece);
}

/* Reads steps of a row from a cursor on, which are of one text. If they and what is ahead
 * cannot be read, those alone are. */
static bool read_steps(rn_batches *b, int field, int64_t row, const rn__cursor *c,
                       int64_t steps, char *to)
{
    const int64_t i = b->sequence[c->text], first = c->step;
    const int64_t place = field * b->options.batch + row;
    const size_t bytes = rn__field_bytes(&b->fields[field]);
    const int64_t most = b->piece ? (int64_t)(b->ahead_bytes / bytes) : 0;

    if (steps > most / 2) return rn__batches_read(b, i, field, first, steps, to);
    rn__piece *p = &b->piece[place];
    char *data = b->ahead + (size_t)place * b->ahead_bytes;
    if (p->sequence != i || first < p->first || first + steps > p->first + p->count) {
        const int64_t left = rn__source_length(&b->source, i) - first,
                      n = left < most ? left : most;
        p->count = 0;
        if (n <= steps || !b->source.read(b->source.self, i, field, first, n, data))
            return rn__batches_read(b, i, field, first, steps, to);
        *p = (rn__piece){i, first, n};
    }
    memcpy(to, data + (size_t)(first - p->first) * bytes, (size_t)steps * bytes);
    return true;
}

/* ---- windows ---- */

static void order(rn_batches *b)
{
    for (int64_t i = 0; i < b->source.count; i++) b->sequence[i] = (int32_t)i;
    if (b->options.shuffle)
        rn__shuffle(b->sequence, b->source.count, b->options.seed, b->epoch,
                    RN__PART_TEXTS);
    b->at = -2;
}

/* Moves all cursors to window b->index. */
static void locate(rn_batches *b)
{
    const int64_t rows = b->options.batch;

    if (b->at == b->index) return;
    if (b->at + 1 != b->index) forget(b);
    for (int64_t r = 0; r < rows; r++) {
        rn__cursor *c = &b->cursor[r];

        if (b->at >= 0 && b->at + 1 == b->index) {
            advance(b, c, b->advance);
        } else {
            *c = r ? c[-1] : (rn__cursor){0, 0};
            advance(b, c, r ? b->row_steps : b->index * b->advance);
        }
    }
    b->at = b->index;
}

/* Where texts begin in the window. */
static void mark(rn_batches *b, const rn_batch *batch)
{
    const int64_t rows = batch->sequences;

    memset(b->resets, 0, (size_t)(rows * batch->steps) * sizeof *b->resets);
    if (b->index == 0)
        for (int64_t r = 0; r < rows; r++) b->resets[r] = true;
    if (b->joined) return;
    for (int64_t r = 0; r < rows; r++) {
        rn__cursor c = b->cursor[r];

        for (int64_t t = 0; t < b->lengths[r] && c.text < b->source.count;) {
            const int64_t left = usable(b, c.text) - c.step;
            if (c.step == 0) b->resets[t * rows + r] = true;
            t += left;
            advance(b, &c, left);
        }
    }
}

static void begin(rn_batches *b, rn_batch *batch)
{
    const int64_t rows = b->options.batch, done = b->index * b->advance;
    const int64_t rest = b->row_steps - done;

    batch->sequences = batch->real = rows;
    batch->steps = b->options.last == RN_LAST_KEEP && rest < b->window ? rest : b->window;
    locate(b);
    for (int64_t r = 0; r < rows; r++) {
        int64_t left = b->total - r * b->row_steps;

        left = (left < b->row_steps ? left : b->row_steps) - done;
        left = left < 0 ? 0 : left < batch->steps ? left : batch->steps;
        b->lengths[r] = (int32_t)left;
        b->weights[r] = left > 0;
    }
    mark(b, batch);
}

/* The next field is read with the field itself: one step more of each text, or, of texts
 * that are joined, of the row. */
static bool row(rn_batches *b, const rn_batch *batch, int field, int64_t r, char *to,
                char *next)
{
    const rn_field *f = &b->fields[field];
    const size_t bytes = rn__field_bytes(f);
    const int64_t length = b->lengths[r], rest = batch->steps - length;
    const bool apart = next && !b->joined;
    rn__cursor c = b->cursor[r];
    int64_t left = length ? length + (next && b->joined) : 0;

    for (char *at = to; left > 0;) {
        if (c.text >= b->source.count) {
            rn__state_fail(&b->state, RN_IO, "the lengths of the source have changed");
            return false;
        }
        const int64_t here = usable(b, c.text) - c.step, n = left < here ? left : here;
        const size_t all = (size_t)n * bytes;

        if (!read_steps(b, field, r, &c, n + apart, at)) return false;
        if (apart) memcpy(next + (at - to), at + bytes, all);
        advance(b, &c, n);
        at += all;
        left -= n;
    }
    if (next && b->joined) memcpy(next, to + bytes, (size_t)length * bytes);
    rn__batches_pad(f, to + (size_t)length * bytes, rest);
    if (next) rn__batches_pad(f, next + (size_t)length * bytes, rest);
    return true;
}

static const rn__batching streams = {"streams", order, begin, row};

/* ---- making them ---- */

static bool add_next(rn_batches *b, const rn_streams_options *o)
{
    const int n = b->field_count;

    for (int k = 0; k < n; k++)
        if (b->fields[k].once)
            return rn__state_refuse(&b->state, "field %s has one value a sequence",
                                    b->fields[k].name);
    if (!o->next) return true;
    if (o->next_of < 0 || o->next_of >= n)
        return rn__state_refuse(&b->state, "no field %d for %s", o->next_of, o->next);
    if (!*o->next || rn__field_named(b->fields, n, o->next))
        return rn__state_refuse(&b->state, "next: no name, or that of a field: %.100s",
                                o->next);

    rn_field *f = (rn_field *)rn__state_add(&b->state, (int64_t)n + 1, sizeof *f);
    char *name = rn__arena_string(&b->state.arena, o->next);
    if (!f || !name) return rn__state_no_memory(&b->state);
    memcpy(f, b->fields, (size_t)n * sizeof *f);
    f[n] = f[o->next_of];
    f[n].name = name;
    b->fields = f;
    b->field_count = n + 1;
    b->next_field = n;
    b->next_of = o->next_of;
    return true;
}

/* Adds up the steps of all texts. */
static bool measure(rn_batches *b)
{
    b->sequence = (int32_t *)rn__state_add(&b->state, b->source.count, sizeof *b->sequence);
    if (!b->sequence) return false;
    for (int64_t i = 0; i < b->source.count; i++) {
        b->sequence[i] = (int32_t)i;
        const int64_t n = rn__source_length(&b->source, i);
        if (n < 0 || n > INT64_MAX / 4 - b->total)
            return rn__state_refuse(&b->state, "sequence %lld has length %lld",
                                    (long long)i, (long long)n);
        b->total += usable(b, i);
        rn__batches_sign(b, (uint64_t)n);
    }
    if (b->joined && b->next_field >= 0 && b->total) b->total--;
    return true;
}

/* Memory for what is read ahead: so much a row, but not more than so much in all. */
static bool make_ahead(rn_batches *b)
{
    enum { ROW = 1 << 12, ALL = 1 << 20 };
    const int64_t rows = b->options.batch * b->field_count;

    b->ahead_bytes = (size_t)(rows > ALL / ROW ? ALL / rows / 64 * 64 : ROW);
    if (b->ahead_bytes == 0) return true;
    b->ahead = (char *)rn__state_add(&b->state, rows, b->ahead_bytes);
    if (b->ahead) b->piece = (rn__piece *)rn__state_add(&b->state, rows, sizeof *b->piece);
    return b->piece;
}

/* Rows, windows and their sizes. */
static bool divide(rn_batches *b)
{
    const int64_t rows = b->options.batch, window = b->window;
    const bool fill = b->options.last == RN_LAST_FILL;

    b->row_steps = b->total / rows + (fill && b->total % rows);
    const int64_t more = b->row_steps - window,
                  whole = more < 0 ? 0 : more / b->advance + 1;
    b->count = whole;
    if (b->options.last != RN_LAST_DROP && b->row_steps > 0)
        b->count = more < 0 ? 1 : whole + (more % b->advance > 0);
    const int64_t rest = b->count > whole ? b->row_steps - whole * b->advance : 0;
    b->size = (int64_t *)rn__state_add(&b->state, 2, sizeof *b->size);
    b->cursor = (rn__cursor *)rn__state_add(&b->state, rows, sizeof *b->cursor);
    if (b->state.failed || !rn__batches_arrays(b, window)) return false;
    b->resets = (bool *)rn__state_add(&b->state, rows * window, sizeof *b->resets);
    if (!b->resets || !make_ahead(b)) return false;
    if (b->options.last == RN_LAST_KEEP && rest) b->size[b->size_count++] = rest;
    if (b->options.last != RN_LAST_KEEP || whole) b->size[b->size_count++] = window;
    return true;
}

rn_batches *rn_streams_new(const rn_source *source, rn_streams_options options)
{
    rn_batches *b = rn__batches_empty(&streams, source, options.allocator);
    const rn_streams_options *o = &options;

    if (!b || b->state.failed) return b;
    b->options = (rn_batches_options){.batch = o->batch ? o->batch : 32,
                                      .shuffle = o->shuffle,
                                      .seed = o->seed,
                                      .last = o->last};
    b->window = o->steps ? o->steps : 64;
    b->advance = o->advance ? o->advance : b->window;
    b->joined = o->joined;
    if (o->batch < 0 || o->steps < 0 || b->advance < 0 || b->advance > b->window ||
        (int)o->last < 0 || o->last > RN_LAST_DROP) {
        rn__state_refuse(&b->state,
                         "options out of range: batch %lld, steps %lld, advance %lld, "
                         "last %d",
                         (long long)o->batch, (long long)o->steps, (long long)o->advance,
                         (int)o->last);
        return b;
    }
    const uint64_t decides[] = {
        (uint64_t)b->options.batch,
        (uint64_t)b->window,
        (uint64_t)b->advance,
        o->seed,
        (uint64_t)(o->shuffle + 2 * o->joined + 4 * (o->next != NULL)),
        (uint64_t)o->last};
    for (int i = 0; i < 6; i++) rn__batches_sign(b, decides[i]);
    if (add_next(b, o) && measure(b)) divide(b);
    return b;
}
