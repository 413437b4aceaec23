/* SPDX-License-Identifier: MIT */
/*
 * Event files, read byte by byte: records, checksums, protocol buffers.
 *
 * The reader here is independent of the writer; tests/readers/ has TensorBoard's own.
 */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fit_support.h"

typedef struct event {
    double time;
    uint64_t step;
    char version[32], tag[256];
    float value;
    bool scalar;
} event;

typedef struct reader {
    unsigned char *bytes;
    size_t count, at;
} reader;

static uint64_t little(const unsigned char *p, int bytes)
{
    uint64_t x = 0;

    for (int i = bytes; i-- > 0;) x = x << 8 | p[i];
    return x;
}

/* CRC-32C by long division of polynomials, most significant bit first: the bits of each
 * byte and of the result are reversed. */
static uint32_t crc(const unsigned char *p, size_t count)
{
    uint32_t rest = 0xffffffff, reversed = 0;

    for (size_t i = 0; i < count; i++)
        for (int bit = 0; bit < 8; bit++) {
            const uint32_t top = rest >> 31 ^ (p[i] >> bit & 1);
            rest = rest << 1 ^ (top ? 0x1edc6f41 : 0);
        }
    for (int bit = 0; bit < 32; bit++) reversed |= (~rest >> bit & 1) << (31 - bit);
    return ((reversed >> 15) | (reversed << 17)) + 0xa282ead8;
}

static uint64_t varint(const unsigned char **p)
{
    uint64_t x = 0;

    for (int shift = 0;; shift += 7) {
        x |= (uint64_t)(**p & 127) << shift;
        if (*(*p)++ < 128) return x;
    }
}

/* A message's fields, into e; `depth` 0: Event, 1: Summary, 2: Value. */
static void parse(const unsigned char *p, const unsigned char *end, int depth, event *e)
{
    while (p < end) {
        const uint64_t key = varint(&p);
        if (depth == 0 && key == (1 << 3 | 1)) {
            memcpy(&e->time, p, 8), p += 8;
        } else if (depth == 0 && key == 2 << 3) {
            e->step = varint(&p);
        } else if (depth == 2 && key == (2 << 3 | 5)) {
            memcpy(&e->value, p, 4), p += 4, e->scalar = true;
        } else {
            cr_assert_eq(key & 7, 2, "field %d", (int)key);
            const size_t length = (size_t)varint(&p);
            cr_assert(length <= (size_t)(end - p));
            char *text = depth == 0 && key >> 3 == 3   ? e->version
                         : depth == 2 && key >> 3 == 1 ? e->tag
                                                       : NULL;
            if (text)
                memcpy(text, p, length);
            else
                parse(p, p + length, depth + 1, e);
            p += length;
        }
    }
    cr_assert(p == end);
}

static bool next(reader *r, event *e)
{
    memset(e, 0, sizeof *e);
    if (r->at == r->count) return false;
    const unsigned char *p = r->bytes + r->at;
    cr_assert(r->count - r->at >= 16);
    const size_t length = (size_t)little(p, 8);
    cr_assert_eq(little(p + 8, 4), crc(p, 8));
    cr_assert(r->count - r->at >= 16 + length);
    cr_assert_eq(little(p + 12 + length, 4), crc(p + 12, length));
    parse(p + 12, p + 12 + length, 0, e);
    r->at += 16 + length;
    return true;
}

/* Reads the one event file of a folder, and removes both. */
static reader read_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    reader r = {(unsigned char *)calloc(1, 100000), 0, 0};
    struct dirent *d;
    char path[600];
    int files = 0;

    cr_assert(dir);
    while ((d = readdir(dir))) {
        if (d->d_name[0] == '.') continue;
        cr_assert(!strncmp(d->d_name, "events.out.tfevents.", 20), "%s", d->d_name);
        snprintf(path, sizeof path, "%s/%s", folder, d->d_name);
        FILE *file = fopen(path, "rb");
        r.count = fread(r.bytes, 1, 99999, file);
        fclose(file);
        remove(path);
        files++;
    }
    closedir(dir);
    cr_assert_eq(files, 1);
    cr_assert_eq(rmdir(folder), 0);
    return r;
}

Test(events, byte_by_byte)
{
    const unsigned char known[] = "123456789"; /* whose CRC-32C is e3069283 */
    cr_assert_eq(crc(known, 9), ((0xe3069283u >> 15) | (0xe3069283u << 17)) + 0xa282ead8u);

    char folder[] = "/tmp/rondo_events_XXXXXX", inner[64], why[100] = "x", tag[202];
    const int64_t steps[] = {0, 1, 127, 128, 300, INT64_MAX, -1};
    const double values[] = {0.1, -2.5, 1e300, NAN, -HUGE_VAL, 0, 1e-3};
    event e;

    cr_assert(mkdtemp(folder));
    snprintf(inner, sizeof inner, "%s/a/b", folder);
    rn_events *w = rn_events_new(inner, why, sizeof why);
    cr_assert(w && !*why, "%s", why);
    memset(tag, 't', 200), tag[200] = 0;
    for (int i = 0; i < 7; i++)
        cr_assert_eq(rn_events_add(w, i % 2 ? tag : "a/\xc3\xa4", steps[i], values[i]),
                     RN_OK);
    tag[200] = 't', tag[201] = 0;
    cr_assert_eq(rn_events_add(w, tag, 0, 0), RN_INVALID);
    cr_assert_eq(rn_events_add(w, "", 0, 0), RN_INVALID);
    cr_assert_eq(rn_events_add(w, "\xff", 0, 0), RN_INVALID);
    cr_assert_eq(rn_events_add(NULL, "a", 0, 0), RN_INVALID);
    cr_assert_eq(rn_events_flush(w), RN_OK);
    rn_events_free(w);

    reader r = read_folder(inner);
    cr_assert(next(&r, &e));
    cr_assert_str_eq(e.version, "brain.Event:2");
    cr_assert(fabs(e.time - (double)time(NULL)) < 100);
    for (int i = 0; i < 7; i++) {
        cr_assert(next(&r, &e) && e.scalar, "event %d", i);
        cr_assert_eq(e.step, (uint64_t)steps[i]);
        cr_assert(e.value == (float)values[i] || (i == 3 && isnan(e.value)));
        cr_assert_eq(strlen(e.tag), i % 2 ? 200 : 4);
    }
    cr_assert(!next(&r, &e));
    free(r.bytes);
    snprintf(inner, sizeof inner, "%s/a", folder);
    cr_assert_eq(rmdir(inner) + rmdir(folder), 0);
}

Test(events, of_a_fit)
{
    char folder[] = "/tmp/rondo_events_XXXXXX";
    task t;
    task_init(&t, 1);
    rn_model *model = rn_model_new(5);
    rn_batches *batches = task_batches(&t, 4);
    rn_trainer *trainer = rn_trainer_new(
        model, task_build, (rn_trainer_options){.optimizer = task_optimizer()});
    int of_steps = 0, of_epochs = 0;
    event e;

    cr_assert(mkdtemp(folder));
    cr_assert_eq(
        rn_fit(trainer, (rn_fit_options){.train = batches,
                                         .epochs = 2,
                                         .log_every = 3,
                                         .callbacks = {rn_log_tensorboard(folder, 3)}}),
        RN_OK, "%s", rn_trainer_error(trainer));
    reader r = read_folder(folder);
    cr_assert(next(&r, &e) && *e.version);
    while (next(&r, &e)) {
        if (!strcmp(e.tag, "step/loss")) {
            cr_assert_eq(e.step, (uint64_t)(3 * ++of_steps));
            cr_assert_eq(e.value, (float)rn_history_at(rn_trainer_steps(trainer),
                                                       of_steps - 1, "loss"));
        } else if (!strcmp(e.tag, "epoch/loss")) {
            cr_assert_eq(e.step, (uint64_t)(7 * ++of_epochs));
            cr_assert_eq(e.value, (float)rn_history_at(rn_trainer_epochs(trainer),
                                                       of_epochs - 1, "loss"));
        }
    }
    cr_assert_eq(of_steps, 4);
    cr_assert_eq(of_epochs, 2);
    free(r.bytes);
    rn_trainer_free(trainer);
    rn_batches_free(batches);
    rn_model_free(model);
}

Test(events, refused)
{
    char why[100];

    cr_assert(!rn_events_new(NULL, why, sizeof why));
    cr_assert_str_eq(why, "events_new: no folder");
    cr_assert(!rn_events_new("/proc/nowhere", why, sizeof why));
    cr_assert(strstr(why, "/proc/nowhere"), "%s", why);
    cr_assert(!rn_events_new("/dev/null", why, sizeof why) && *why);
    cr_assert(!rn_events_new("", NULL, 0));
}
