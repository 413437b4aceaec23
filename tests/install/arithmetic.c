/* SPDX-License-Identifier: MIT */
/*
 * Functions are accurate to the last bits, and the first appearance of a NaN is found,
 * however the library was compiled. This program may be compiled with -ffast-math itself,
 * so it compares bits. usage: arithmetic [subnormal] With an argument, subnormal numbers
 * must not be flushed to zero, as they are if a part of the program was linked with
 * -ffast-math.
 */
#include <rondo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FUNCTIONS = 3, COUNT = 3, ULPS = 3 };

typedef rn_tensor function(rn_tensor x);

static const char *const names[FUNCTIONS] = {"exp", "sigmoid", "tanh"};
static function *const functions[FUNCTIONS] = {rn_exp, rn_sigmoid, rn_tanh};
static const double arguments[COUNT] = {0.25, 1, -2};
static const double truths[FUNCTIONS][COUNT] = {
    {1.28402541668774148, 2.71828182845904524, 0.135335283236612692},
    {0.562176500885798104, 0.731058578630004879, 0.119202922022117556},
    {0.244918662403709129, 0.761594155955764888, -0.964027580075816884},
};

/* How many numbers lie between two of the same sign. */
static long long distance_f64(double x, double y)
{
    long long a, b;

    memcpy(&a, &x, sizeof a);
    memcpy(&b, &y, sizeof b);
    return llabs(a - b);
}

static long long distance_f32(float x, float y)
{
    int a, b;

    memcpy(&a, &x, sizeof a);
    memcpy(&b, &y, sizeof b);
    return llabs((long long)a - b);
}

static bool right(rn_program *p, rn_tensor y, rn_type type, int f)
{
    float f32[COUNT];
    double f64[COUNT];
    bool good = true;

    if (type == RN_F32 ? rn_read(p, y, f32, sizeof f32) : rn_read(p, y, f64, sizeof f64))
        return false;
    for (int i = 0; i < COUNT; i++) {
        const long long d = type == RN_F32 ? distance_f32(f32[i], (float)truths[f][i])
                                           : distance_f64(f64[i], truths[f][i]);
        if (d <= ULPS) continue;
        printf("%s of %g: off by %lld units, %s\n", names[f], arguments[i], d,
               rn_type_name(type));
        good = false;
    }
    return good;
}

static bool functions_are_right(rn_type type)
{
    float f32[COUNT];
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", type, rn_shape(COUNT)), y[FUNCTIONS];

    for (int i = 0; i < COUNT; i++) f32[i] = (float)arguments[i];
    for (int f = 0; f < FUNCTIONS; f++) y[f] = functions[f](x);

    rn_program *p =
        rn_compile(g, (rn_compile_options){.outputs = y, .output_count = FUNCTIONS});
    bool good = p && rn_feed(p, x, type == RN_F32 ? (const void *)f32 : arguments,
                             COUNT * rn_type_size(type)) == RN_OK;

    good = good && rn_run(p) == RN_OK;
    for (int f = 0; f < FUNCTIONS && p; f++) good = right(p, y[f], type, f) && good;
    rn_program_free(p);
    rn_graph_free(g);
    return good;
}

/* The logarithm of -1 in a sum. */
static bool birth_is_found(void)
{
    const float x_data[COUNT] = {1, -1, 2};
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(COUNT));
    rn_tensor y = rn_sum_all(rn_log(x));
    rn_program *p = rn_compile(
        g, (rn_compile_options){.outputs = &y, .output_count = 1, .watch = RN_WATCH_ON});
    rn_nonfinite found;
    const bool good = p && rn_feed(p, x, x_data, sizeof x_data) == RN_OK &&
                      rn_run(p) == RN_OK && rn_program_nonfinite(p, 0, &found) &&
                      !strcmp(found.op, "log") && found.element == 1;

    if (!good) printf("the NaN of log -1 was not found\n");
    rn_program_free(p);
    rn_graph_free(g);
    return good;
}

static bool there_are_subnormals(void)
{
    volatile float least = 0x1p-126f;
    volatile float half = least * 0.5f;
    int bits;

    memcpy(&bits, (const void *)&half, sizeof bits);
    if (!bits) printf("the library makes subnormal numbers zero\n");
    return bits != 0;
}

int main(int count, char **unused)
{
    (void)unused;
    bool good = functions_are_right(RN_F32);

    good = functions_are_right(RN_F64) && good;
    good = birth_is_found() && good;
    if (count > 1) good = there_are_subnormals() && good;
    return good ? 0 : 1;
}
