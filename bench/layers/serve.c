/* SPDX-License-Identifier: MIT */
/* Answering requests, and the numbers that all systems compute with. */
#include "serve.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double serve_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The multipliers of a 32-bit hash by C. Wellons, "Prospecting for hash functions". */
float serve_number(uint32_t k, uint32_t i)
{
    uint32_t z = i * 0x9e3779b9u + k * 0x85ebca6bu + 1;

    z = (z ^ (z >> 16)) * 0x21f0aaadu;
    z = (z ^ (z >> 15)) * 0x735a2d97u;
    z ^= z >> 15;
    return (float)(z >> 8) / 16777216.0f - 0.5f;
}

void serve_fill(float *data, int64_t count, uint32_t k, float scale)
{
    for (int64_t i = 0; i < count; i++) data[i] = scale * serve_number(k, (uint32_t)i);
}

float serve_scale(int rank, int64_t rows)
{
    return rank < 2 ? 0.4f : 2.0f / sqrtf((float)rows);
}

static void *load(const serve_system *system, const char *line)
{
    char why[SERVE_WHY] = "not this case";
    serve_case c = {.without = 0};
    long long T, B, I, H;
    const double start = serve_now();

    if (sscanf(line, "load %31s %31s %lld %lld %lld %lld %u", c.cell, c.mode, &T, &B, &I,
               &H, &c.without) < 6) {
        printf("no load CELL MODE T B I H\n");
        return NULL;
    }
    c.T = T, c.B = B, c.I = I, c.H = H;
    void *loaded = system->load(&c, why);
    if (loaded)
        printf("ok %.6f %zu\n", 1e3 * (serve_now() - start), system->bytes(loaded));
    else
        printf("no %s\n", why);
    return loaded;
}

static void run(const serve_system *system, void *loaded, const char *line)
{
    char why[SERVE_WHY] = "";
    double seconds = 0, start = serve_now();
    int count = 1;

    sscanf(line, "run %d %lf", &count, &seconds);
    const double end = start + seconds;
    for (int i = 0; i < count && (i == 0 || start < end); i++) {
        if (!system->run(loaded, why)) {
            if (i == 0) printf("no %s", why);
            break;
        }
        const double stop = serve_now();
        printf("%s%.6f", i ? " " : "ok ", 1e3 * (stop - start));
        start = serve_now();
    }
    printf("\n");
}

int serve(const serve_system *system)
{
    char line[512];
    void *loaded = NULL;

    while (fgets(line, sizeof line, stdin)) {
        if (strncmp(line, "load", 4) == 0) {
            system->free(loaded);
            loaded = load(system, line);
        } else if (strncmp(line, "run", 3) == 0 && loaded) {
            run(system, loaded, line);
        } else if (strncmp(line, "values", 6) == 0 && loaded) {
            printf("ok");
            system->values(loaded);
            printf("\n");
        } else if (strncmp(line, "ask ", 4) != 0 || !system->ask ||
                   !system->ask(line + 4)) {
            printf("no such request\n");
        }
        fflush(stdout);
    }
    system->free(loaded);
    return 0;
}
