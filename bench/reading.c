/* SPDX-License-Identifier: MIT */
/*
 * How fast text and CSV are read on one core: MB of the file a second of the processor's
 * time, and the most memory that was used.
 *
 * usage: rondo-bench-reading [MB] [folder]
 *
 * The files, 100 MB each in /tmp by default, are made first and removed at the end: lines
 * of words of 1 to 10 letters, the more frequent the shorter; and rows of a text with
 * commas, a class of 5 and two numbers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <rondo.h>

enum { WORDS = 20000, BATCH = 64 };

static uint64_t state = 1;

static uint64_t draw(uint64_t below)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (state >> 33) % below;
}

/* Zipf-like: an index is about as frequent as its reciprocal. */
static size_t word(char *to)
{
    const uint64_t bound = 1 + draw(WORDS);
    uint64_t index = draw(bound);
    const int more = (index > 30) + (index > 300) + 2 * (index > 1000);
    const size_t length = 1 + (size_t)more + index % 6;

    for (size_t i = 0; i < length; i++, index /= 5)
        to[i] = (char)('a' + (index * 7 + i) % 26);
    return length;
}

static size_t sentence(char *to, int words)
{
    size_t used = 0;

    for (int i = 0; i < words; i++) {
        if (i) to[used++] = ' ';
        used += word(to + used);
    }
    return used;
}

static void make(const char *path, size_t bytes, bool csv)
{
    FILE *file = fopen(path, "wb");
    char line[4096];
    size_t written = 0;

    if (!file) exit((perror(path), 1));
    if (csv) fputs("text,label,price,size\n", file);
    while (written < bytes) {
        size_t used = 0;
        if (csv) line[used++] = '"';
        used += sentence(line + used, 5 + (int)draw(30));
        if (csv)
            used += (size_t)sprintf(line + used, ", done\",class%d,%d.%02d,%.17g",
                                    (int)draw(5), (int)draw(1000), (int)draw(100),
                                    (double)draw(1u << 30) / 3e8);
        line[used++] = '\n';
        written += fwrite(line, 1, used, file);
    }
    fclose(file);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double megabytes, total;

static void report(const char *what, double since)
{
    struct rusage use;

    getrusage(RUSAGE_SELF, &use);
    total += now() - since;
    printf("%-44s %7.0f MB/s   %4ld MB of memory at most\n", what,
           megabytes / (now() - since), use.ru_maxrss / 1024);
    fflush(stdout);
}

static void batches(const char *what, rn_source source, rn_batches_options options)
{
    const double since = now();
    rn_batches *b = rn_batches_new(&source, options);
    rn_batch batch;
    rn_status status;

    while ((status = rn_batches_next(b, &batch)) == RN_OK && batch.sequences) continue;
    if (status != RN_OK) exit((fprintf(stderr, "%s\n", rn_batches_error(b)), 1));
    report(what, since);
    rn_batches_free(b);
}

static void text(const char *path, rn_splitting split, const char *name)
{
    char what[80];
    double since = now();
    rn_vocabulary *v = rn_vocabulary_new((rn_vocabulary_options){
        .split = split, .largest = 20000, .marks = RN_MARK_PADDING | RN_MARK_UNKNOWN});

    rn_vocabulary_add_file(v, path);
    if (rn_vocabulary_complete(v)) exit((puts(rn_vocabulary_error(v)), 1));
    snprintf(what, sizeof what, "%s: vocabulary", name);
    report(what, since);

    total = 0;
    since = now();
    rn_text *lines = rn_text_lines(path, v);
    snprintf(what, sizeof what, "%s: lines opened", name);
    report(what, since);
    const rn_batches_options options = {.batch = BATCH, .buckets = 8};
    snprintf(what, sizeof what, "%s: lines, batches in order", name);
    batches(what, rn_text_source(lines), options);
    printf("%44s %7.0f MB/s\n", "both", megabytes / total);
    rn_batches_options shuffled = options;
    shuffled.shuffle = true;
    snprintf(what, sizeof what, "%s: lines, batches shuffled", name);
    batches(what, rn_text_source(lines), shuffled);
    rn_text_free(lines);

    since = now();
    rn_text *stream = rn_text_stream(path, v);
    snprintf(what, sizeof what, "%s: stream opened", name);
    report(what, since);
    rn_source source = rn_text_source(stream);
    int32_t row[128];
    const int64_t length = source.length(source.self, 0) / BATCH;
    since = now();
    for (int64_t t = 0; t + 128 <= length; t += 128)
        for (int b = 0; b < BATCH; b++)
            if (!source.read(source.self, 0, 0, b * length + t, 128, row))
                exit((puts(rn_text_error(stream)), 1));
    snprintf(what, sizeof what, "%s: stream in %d rows of 128 steps", name, BATCH);
    report(what, since);
    rn_text_free(stream);
    rn_vocabulary_free(v);
}

static void table(const char *path)
{
    rn_vocabulary *words = rn_vocabulary_new((rn_vocabulary_options){
                      .split = RN_WORDS, .largest = 20000, .marks = RN_MARK_UNKNOWN}),
                  *labels = rn_vocabulary_new((rn_vocabulary_options){.split = RN_WHOLE});
    const rn_column columns[] = {{"text", .vocabulary = words},
                                 {"label", .vocabulary = labels},
                                 {.name = "price"},
                                 {.name = "size"}};
    double since = now();
    rn_table *t = rn_table_open(path, (rn_table_options){0});
    report("CSV: opened", since);
    const double opened = now() - since;

    since = now();
    rn_table_add(t, columns, 2);
    report("CSV: vocabulary and classes", since);
    const double added = now() - since;

    since = now();
    const int64_t rows = rn_table_rows(t);
    double *numbers = (double *)malloc((size_t)rows * 2 * sizeof *numbers);
    rn_table_read(t, columns + 2, 2, RN_F64, numbers, 2 * rows);
    report("CSV: two columns of numbers", since);
    free(numbers);

    total = opened;
    since = now();
    rn_source source = rn_table_source(t, columns, 4);
    report("CSV: source", since);
    if (source.count < 0) exit((puts(rn_table_error(t)), 1));
    batches("CSV: batches in order", source,
            (rn_batches_options){.batch = BATCH, .buckets = 8});
    printf("%44s %7.0f MB/s\n", "opened, source and batches", megabytes / total);
    printf("%44s %7.0f MB/s\n", "with the vocabulary", megabytes / (total + added));
    batches("CSV: batches shuffled", source,
            (rn_batches_options){.batch = BATCH, .buckets = 8, .shuffle = true});
    since = now();
    rn_table_source(t, columns, 4);
    report("CSV: source, words not known from counting", since);
    rn_table_free(t);
    rn_vocabulary_free(words);
    rn_vocabulary_free(labels);
}

int main(int count, char **argument)
{
    char path[2][512];

    megabytes = count > 1 ? atof(argument[1]) : 100;
    for (int i = 0; i < 2; i++) {
        snprintf(path[i], sizeof path[i], "%s/rondo-reading.%s",
                 count > 2 ? argument[2] : "/tmp", i ? "csv" : "txt");
        make(path[i], (size_t)(1e6 * megabytes), i == 1);
    }
    text(path[0], RN_CHARACTERS, "characters");
    text(path[0], RN_WORDS, "words");
    text(path[0], RN_BYTES, "bytes");
    table(path[1]);
    for (int i = 0; i < 2; i++) remove(path[i]);
    return 0;
}
