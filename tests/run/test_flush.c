/* SPDX-License-Identifier: MIT */
/*
 * A process that flushes subnormal numbers to zero, such as a program linked with
 * -ffast-math: nothing else changes, and the library does not change this mode.
 */
#include "driver.h"

#if defined(__x86_64__) || defined(__aarch64__)

#include <rondo/gradcheck.h>

enum { COUNT = 301, FUNCTIONS = 8 };

typedef rn_tensor function(rn_tensor x);

static function *const functions[FUNCTIONS] = {rn_exp,      rn_log,  rn_expm1, rn_tanh,
                                               rn_softplus, rn_sqrt, rn_erf,   rn_sigmoid};

/* The register that has the mode, and the bits of it: results and operands. */
#if defined(__x86_64__)
#include <xmmintrin.h>

enum { FLUSH = 0x8040 };

static uint64_t get_modes(void)
{
    return _mm_getcsr();
}

static void set_modes(uint64_t modes)
{
    _mm_setcsr((unsigned)modes);
}
#else
enum { FLUSH = 1 << 24 };

static uint64_t get_modes(void)
{
    uint64_t modes;

    __asm__ volatile("mrs %0, fpcr" : "=r"(modes));
    return modes;
}

static void set_modes(uint64_t modes)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(modes));
}
#endif

static void flush(bool on)
{
    set_modes((get_modes() & ~(uint64_t)FLUSH) | (on ? FLUSH : 0u));
}

/* All functions of COUNT numbers from -30 to 30, one after the other. */
static void evaluate(rn_type type, double *to)
{
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", type, rn_shape(COUNT)), y[FUNCTIONS];
    double x_data[COUNT];

    for (int i = 0; i < COUNT; i++) x_data[i] = 0.2 * (i - COUNT / 2);
    for (int f = 0; f < FUNCTIONS; f++) y[f] = functions[f](x);

    rn_program *p = rn_test_compile_with(
        g, (rn_compile_options){.outputs = y, .output_count = FUNCTIONS});

    rn_test_feed(p, x, x_data);
    rn_test_run(p);
    for (int f = 0; f < FUNCTIONS; f++) rn_test_read(p, y[f], to + f * COUNT);
    rn_program_free(p);
    rn_graph_free(g);
}

Test(flush, other_numbers_keep_their_bits)
{
    static double with[FUNCTIONS * COUNT], without[FUNCTIONS * COUNT];

    for (int type = RN_F32; type <= RN_F64; type++) {
        flush(false);
        evaluate((rn_type)type, without);
        flush(true);
        evaluate((rn_type)type, with);
        cr_assert_eq(get_modes() & FLUSH, FLUSH, "the library turned it off");
        for (int i = 0; i < FUNCTIONS * COUNT; i++)
            cr_assert(!memcmp(&with[i], &without[i], sizeof with[i]) ||
                          (isnan(with[i]) && isnan(without[i])),
                      "function %d of %g: %g and %g", i / COUNT,
                      0.2 * (i % COUNT - COUNT / 2), with[i], without[i]);
    }
}

Test(flush, subnormal_numbers_count_as_zero)
{
    const double x_data[3] = {-100, 1e-40, -1e-40};
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(3));
    rn_tensor y = rn_exp(x), z = rn_mul(x, rn_constant_like(x, 1));
    rn_program *p = rn_test_compile(g, y, z);
    double value[3];

    rn_test_feed(p, x, x_data);
    rn_test_run(p);
    cr_assert(rn_test_read(p, y, value)[0] > 0);
    cr_assert(rn_test_read(p, z, value)[1] > 0 && value[2] < 0);
    flush(true);
    rn_test_run(p);
    cr_assert(rn_test_read(p, y, value)[0] == 0 && value[1] == 1 && value[2] == 1);
    flush(false);
    rn_program_free(p);
    rn_graph_free(g);
}

Test(flush, a_birth_is_found)
{
    const double x_data[3] = {1, -1, 2};
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(3));
    rn_tensor y = rn_sum_all(rn_log(x));
    rn_program *p =
        rn_test_compile_with(g, (rn_compile_options){RN_OUTPUTS(y), .watch = RN_WATCH_ON});
    rn_nonfinite found;

    flush(true);
    rn_test_feed(p, x, x_data);
    rn_test_run(p);
    cr_assert(rn_program_nonfinite(p, 0, &found));
    cr_assert_str_eq(found.op, "log");
    cr_assert_eq(found.element, 1);
    rn_program_free(p);
    rn_graph_free(g);
}

Test(flush, a_gradient_can_be_checked)
{
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(4, 3));

    flush(true);
    rn_gradcheck_report *r = rn_gradcheck(rn_sum_all(rn_mul(rn_tanh(x), rn_sigmoid(x))),
                                          (rn_gradcheck_options){0});
    cr_assert(r && r->passed, "%s", r ? r->text : rn_graph_error(g));
    rn_gradcheck_free(r);
    rn_graph_free(g);
}

#endif
