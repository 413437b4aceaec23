/* SPDX-License-Identifier: MIT */
/*
 * Event files of TensorBoard: records of TensorFlow, each an Event as a protocol buffer.
 *
 *   record   bytes u64, crc of these 8, data, crc of the data          little endian
 *   crc      of CRC-32C: ((c >> 15) | (c << 17)) + a282ead8
 *   Event    1: wall time, double  2: step, int64  3: version, text  5: Summary
 *   Summary  1: Value              Value  1: tag, text  2: number, float
 *
 * The layout is that of TensorFlow's record_writer.h, event.proto and summary.proto.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "kernel/ieee.h"
#include "rondo/file.h"
#include "rondo/history.h"

enum {
    TAG = 200,  /* most bytes of a tag */
    EVENT = 320 /* most bytes of a record */
};

struct rn_events {
    FILE *file;
};

/* ---- bytes ---- */

typedef struct bytes {
    unsigned char at[EVENT];
    size_t count;
} bytes;

static void put(bytes *b, const void *data, size_t count)
{
    memcpy(b->at + b->count, data, count);
    b->count += count;
}

static void put_fixed(bytes *b, uint64_t value, int count)
{
    for (int i = 0; i < count; i++) b->at[b->count++] = (unsigned char)(value >> 8 * i);
}

static void put_varint(bytes *b, uint64_t value)
{
    for (; value > 127; value >>= 7) b->at[b->count++] = (unsigned char)(value | 128);
    b->at[b->count++] = (unsigned char)value;
}

/* A field of a length and so many bytes. */
static void put_field(bytes *b, int number, const void *data, size_t count)
{
    put_varint(b, (uint64_t)number << 3 | 2);
    put_varint(b, count);
    put(b, data, count);
}

/* CRC-32C, polynomial 1edc6f41 reflected, masked. */
static uint32_t masked_crc(const unsigned char *data, size_t count)
{
    uint32_t c = ~UINT32_C(0);

    for (size_t i = 0; i < count; i++) {
        c ^= data[i];
        for (int bit = 0; bit < 8; bit++) c = c >> 1 ^ (c & 1 ? UINT32_C(0x82f63b78) : 0);
    }
    c = ~c;
    return (c >> 15 | c << 17) + UINT32_C(0xa282ead8);
}

static rn_status write_record(FILE *file, const bytes *event)
{
    bytes r = {.count = 0};

    put_fixed(&r, event->count, 8);
    put_fixed(&r, masked_crc(r.at, 8), 4);
    put(&r, event->at, event->count);
    put_fixed(&r, masked_crc(event->at, event->count), 4);
    return fwrite(r.at, 1, r.count, file) == r.count && !ferror(file) ? RN_OK : RN_IO;
}

/* The beginning of an event: the time. */
static bytes event_now(void)
{
    bytes b = {.count = 0};
    struct timespec t;
    uint64_t bits;

    clock_gettime(CLOCK_REALTIME, &t);
    const double time = (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
    memcpy(&bits, &time, sizeof bits);
    put_varint(&b, 1 << 3 | 1);
    put_fixed(&b, bits, 8);
    return b;
}

/* ---- the file ---- */

/* Makes the folder and those above it. */
static bool make_folders(char *path)
{
    for (char *at = path + 1; *at; at++) {
        if (*at != '/') continue;
        *at = 0;
        const bool bad = mkdir(path, 0777) != 0 && errno != EEXIST;
        *at = '/';
        if (bad) return false;
    }
    return true;
}

/* A new file in the folder; its name is left in `path`. */
static FILE *create(const char *folder, char *path, size_t capacity)
{
    char host[64] = "";

    gethostname(host, sizeof host - 1);
    for (char *at = host; *at; at++)
        if (*at == '/') *at = '_';
    for (int i = 0; i < 10000; i++) {
        snprintf(path, capacity, "%s/events.out.tfevents.%lld.%s.%ld.%d", folder,
                 (long long)time(NULL), *host ? host : "host", (long)getpid(), i);
        FILE *file = i || make_folders(path) ? fopen(path, "wbx") : NULL;
        if (file || errno != EEXIST) return file;
    }
    return NULL;
}

/* Writes why the file cannot be created. */
static void explain(const char *path, char *message, size_t capacity)
{
    if (!message || capacity == 0 || rn_file_check(path, message, capacity) != RN_OK)
        return;
    snprintf(message, capacity, "%.200s: the file cannot be created", path);
}

static rn_events *open_file(const char *folder, char *path, size_t room)
{
    static const char version[] = "brain.Event:2";
    rn_events *e = (rn_events *)rn__new((rn_allocator){NULL, NULL}, sizeof *e);
    bytes b = event_now();

    if (!e) return NULL;
    e->file = create(folder, path, room);
    put_field(&b, 3, version, sizeof version - 1);
    if (e->file && write_record(e->file, &b) == RN_OK && rn_events_flush(e) == RN_OK)
        return e;
    rn_events_free(e);
    return NULL;
}

rn_events *rn_events_new(const char *folder, char *message, size_t capacity)
{
    const size_t room = (folder ? strlen(folder) : 0) + 200;
    char *path = (char *)rn__new((rn_allocator){NULL, NULL}, room);
    rn_events *e = path && folder && *folder ? open_file(folder, path, room) : NULL;

    if (message && capacity > 0) *message = 0;
    if (!e && path && *path)
        explain(path, message, capacity);
    else if (!e && message && capacity > 0)
        snprintf(message, capacity, "events_new: %s",
                 folder && *folder ? "out of memory" : "no folder");
    rn__free((rn_allocator){NULL, NULL}, path);
    return e;
}

void rn_events_free(rn_events *e)
{
    if (!e) return;
    if (e->file) fclose(e->file);
    rn__free((rn_allocator){NULL, NULL}, e);
}

rn_status rn_events_add(rn_events *e, const char *tag, int64_t step, double value)
{
    const size_t length = e && tag ? strlen(tag) : 0;
    const float number = (float)value;
    bytes b = event_now(), one = {.count = 0}, summary = {.count = 0};
    uint32_t bits;

    if (length == 0 || length > TAG || !rn__utf8_valid(tag, length)) return RN_INVALID;
    memcpy(&bits, &number, sizeof bits);
    put_field(&one, 1, tag, length);
    put_varint(&one, 2 << 3 | 5);
    put_fixed(&one, bits, 4);
    put_field(&summary, 1, one.at, one.count);
    put_varint(&b, 2 << 3);
    put_varint(&b, (uint64_t)step);
    put_field(&b, 5, summary.at, summary.count);
    return write_record(e->file, &b);
}

rn_status rn_events_flush(rn_events *e)
{
    if (!e) return RN_INVALID;
    return fflush(e->file) == 0 && !ferror(e->file) ? RN_OK : RN_IO;
}
