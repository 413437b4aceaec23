/* SPDX-License-Identifier: MIT */
/*
 * How fast batches are made, by the time of the processor, on one core: a file of bytes as
 * a stream for a language model, and sequences in memory, against memcpy of as many bytes.
 * usage: rondo-bench-data [FILE]    without FILE: a temporary file of 100 MB
 */
#include <rondo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { SIZE = 100000000, TEXTS = 20000, STEPS = 100 };

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- a file of bytes: one sequence, read as it is needed ---- */

typedef struct bytes {
    FILE *file;
    int64_t size;
    unsigned char buffer[65536];
} bytes;

static int64_t length(void *self, int64_t i)
{
    (void)i;
    return ((bytes *)self)->size;
}

static bool read_bytes(void *self, int64_t i, int field, int64_t first, int64_t steps,
                       void *to)
{
    bytes *b = (bytes *)self;

    (void)i, (void)field;
    for (int64_t done = 0; done < steps;) {
        const int64_t left = steps - done, room = (int64_t)sizeof b->buffer;
        const size_t n = (size_t)(left < room ? left : room);
        if (pread(fileno(b->file), b->buffer, n, (off_t)(first + done)) != (ssize_t)n)
            return false;
        for (size_t k = 0; k < n; k++) ((int32_t *)to)[done + (int64_t)k] = b->buffer[k];
        done += (int64_t)n;
    }
    return true;
}

/* Reads an epoch; returns the bytes of all arrays. */
static double epoch(rn_batches *batches, int64_t *steps)
{
    rn_batch batch;
    double all = 0;

    *steps = 0;
    while (rn_batches_next(batches, &batch) == RN_OK && batch.sequences) {
        for (int64_t r = 0; r < batch.sequences; r++) *steps += batch.lengths[r];
        for (int k = 0; k < batch.field_count; k++) {
            const rn_field *f = &batch.fields[k];
            all += (double)rn_shape_count(f->shape) * (double)rn_type_size(f->type) *
                   (double)batch.sequences * (f->once ? 1 : (double)batch.steps);
        }
    }
    if (*rn_batches_error(batches)) fprintf(stderr, "%s\n", rn_batches_error(batches));
    return all;
}

static void report(const char *what, double start, double written, double of)
{
    const double time = seconds() - start;

    printf("%-44s %6.0f MB/s", what, of / time / 1e6);
    if (written > 0) printf("   %6.0f MB/s written", written / time / 1e6);
    printf("\n");
}

static void stream(FILE *file, int64_t size, int64_t rows, int64_t window)
{
    static bytes b;
    const rn_field field = {.name = "x", .type = RN_I32};
    const rn_source source = {1, &field, 1, length, read_bytes, NULL, &b};
    int64_t steps;
    char what[64];

    b.file = file;
    b.size = size;
    rn_batches *batches = rn_streams_new(
        &source, (rn_streams_options){.batch = rows, .steps = window, .next = "y"});
    const double start = seconds(), all = epoch(batches, &steps);
    snprintf(what, sizeof what, "file, stream of %d rows, windows of %d", (int)rows,
             (int)window);
    report(what, start, all, (double)steps);
    rn_batches_free(batches);
}

/* ---- sequences in memory ---- */

static void sequences(int64_t units, int64_t batch)
{
    const size_t size = (size_t)(TEXTS * STEPS * units) * sizeof(float);
    const rn_field field = {.name = "x", .shape = rn_shape(units)};
    float *data = (float *)malloc(size), *copy = (float *)malloc(size);
    const void *const all[] = {data};
    const rn_arrays arrays = {
        .fields = &field, .field_count = 1, .data = all, .count = TEXTS, .steps = STEPS};
    int64_t steps;
    char what[64];

    if (!data || !copy) exit(1);
    memset(data, 1, size), memset(copy, 1, size);
    double start = seconds();
    memcpy(copy, data, size);
    report("memcpy", start, 0, (double)size);
    const rn_source source = rn_source_arrays(&arrays);
    rn_batches *batches = rn_batches_new(
        &source, (rn_batches_options){.batch = batch, .shuffle = true, .seed = 1});
    start = seconds();
    epoch(batches, &steps);
    snprintf(what, sizeof what, "memory, %d units, shuffled batches of %d", (int)units,
             (int)batch);
    report(what, start, 0, (double)size);
    rn_batches_free(batches);
    free(data), free(copy);
}

int main(int count, char **arguments)
{
    FILE *file = count > 1 ? fopen(arguments[1], "rb") : tmpfile();
    struct rusage usage;

    if (!file) return fprintf(stderr, "no file\n"), 1;
    for (int i = 0; count < 2 && i < SIZE; i++) fputc("the quick brown fox "[i % 20], file);
    fflush(file);
    fseek(file, 0, SEEK_END);
    const int64_t size = ftell(file);
    stream(file, size, 32, 128);
    stream(file, size, 128, 64);
    stream(file, size, 16, 4096);
    getrusage(RUSAGE_SELF, &usage);
    printf("most memory so far: %ld kB\n", usage.ru_maxrss);
    sequences(1, 32);
    sequences(1, 128);
    sequences(16, 32);
    sequences(3, 64);
    fclose(file);
    return 0;
}
