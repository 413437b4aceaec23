/* SPDX-License-Identifier: MIT */
/*
 * A small program of the library: some training steps of an LSTM, in f32 and in f64, with
 * each name in RONDO_ISA. Their losses must be those of the baseline. usage: isa_step tells
 * of each instruction set, lowest first, whether it is there isa_step ISA      and fails
 * when the best one is not ISA
 */
#include "kernel/cpu.h"

#include <math.h>
#include <rondo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 3, COUNT = 7 * 5 * 9 };

static bool feed(rn_program *p, rn_tensor x, rn_type type)
{
    float f32[COUNT];
    double f64[COUNT];

    for (int i = 0; i < COUNT; i++) {
        f64[i] = (i % 13 - 6) * 0.25;
        f32[i] = (float)f64[i];
    }
    return (type == RN_F32 ? rn_feed(p, x, f32, sizeof f32)
                           : rn_feed(p, x, f64, sizeof f64)) == RN_OK;
}

/* After the steps; NaN when something failed. */
static double loss_in(rn_type type)
{
    rn_model *model = rn_model_new(1);
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(7, 5, 9));
    rn_sequence y =
        rn_lstm(rn_root(g, model), "rnn", x, (rn_recurrent_options){.units = 21});
    rn_tensor loss = rn_mean_all(rn_square(y.outputs));
    rn_program *p = rn_compile(
        g, (rn_compile_options){
               .minimize = loss, .with = rn_sgd(0.1, 0.9), .convert = true, .real = type});
    bool good = p && feed(p, x, type);

    for (int i = 0; good && i < STEPS; i++) good = rn_run(p) == RN_OK;
    if (!good) printf("%s%s\n", rn_graph_error(g), p ? rn_program_error(p) : "");

    double result = good ? rn_scalar(p, loss) : (double)NAN;

    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
    return result;
}

static bool same_loss(const char *isa)
{
    const rn_type types[] = {RN_F32, RN_F64};
    const double tolerance[] = {1e-6, 1e-14};

    for (int i = 0; i < 2; i++) {
        setenv("RONDO_ISA", "baseline", 1);
        const double wanted = loss_in(types[i]);
        setenv("RONDO_ISA", isa, 1);
        const double loss = loss_in(types[i]);

        if (!(wanted > 0.001 && fabs(loss - wanted) <= tolerance[i] * wanted)) {
            printf("RONDO_ISA=%s: loss %.17g, on the baseline %.17g\n", isa, loss, wanted);
            return false;
        }
    }
    return true;
}

int main(int count, char **arguments)
{
    bool good = true;

    unsetenv("RONDO_ISA");
    if (count < 2) {
        for (int isa = 0; isa < RN__ISAS; isa++)
            printf("%s %s\n", rn__cpu_isa_name((rn__isa)isa),
                   rn__cpu_has((rn__isa)isa) ? "yes" : "no");
    } else if (strcmp(rn_isa(), arguments[1]) != 0) {
        printf("the best instruction set is %s, not %s\n", rn_isa(), arguments[1]);
        good = false;
    }
    for (int isa = 0; isa < RN__ISAS; isa++)
        good = same_loss(rn__cpu_isa_name((rn__isa)isa)) && good;
    return good ? 0 : 1;
}
