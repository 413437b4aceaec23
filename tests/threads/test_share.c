/* SPDX-License-Identifier: MIT */
/* What is shared by how many threads, and where they wait, with barriers that cost what
 * they do. */
#include <criterion/criterion.h>
#include <rondo.h>

#include "ownership.h"

/* A recurrent layer's forward run, as lowered. */
typedef struct lowered {
    rn_graph *g;
    rn_model *model;
    rn_program *p;
    const rn__cpu_program *program;
} lowered;

static lowered layer(const rn_cell *cell, int64_t t, int64_t b, int64_t h, int threads)
{
    lowered l = {.g = rn_graph_new(), .model = rn_model_new(1)};
    const rn_tensor x = rn_input(l.g, "x", RN_F32, rn_shape(t, b, h));
    const rn_sequence y = rn_recurrent(rn_root(l.g, l.model), "rnn", cell, x,
                                       (rn_recurrent_options){.units = h});

    l.p = rn_compile(l.g, (rn_compile_options){RN_OUTPUTS(y.outputs), .threads = threads});
    cr_assert(l.p, "%s", rn_graph_error(l.g));
    l.program = (const rn__cpu_program *)l.p->loaded;
    cr_assert_eq(rn_program_threads(l.p), l.program->threads);
    return l;
}

static void end(lowered *l)
{
    rn_program_free(l->p);
    rn_model_free(l->model);
    rn_graph_free(l->g);
}

/* The loop, and in its body the calls that are divided and those before which all wait. */
static const rn__cpu_call *body(const lowered *l, int *divided, int *waits)
{
    const rn__cpu_call *loop = l->program->call;

    while (loop->kind != RN__STEP_LOOP) loop++;
    *divided = *waits = 0;
    for (const rn__cpu_call *c = loop + 1; c < l->program->call + loop->end; c++) {
        *divided += c->share.divided;
        *waits += c->share.waits;
    }
    return loop;
}

Test(share, a_small_program_has_one_thread)
{
    int divided, waits;

    for (int64_t b = 1; b <= 16; b *= 4) {
        lowered l = layer(&rn_cell_lstm, 10, b, 16, 16);
        cr_assert_eq(l.program->threads, 1);
        body(&l, &divided, &waits);
        cr_assert_eq(divided + waits, 0);
        end(&l);
    }
}

Test(share, rows_of_a_batch_need_no_barrier_in_the_loop)
{
    int divided, waits;

    for (int threads = 2; threads <= 4; threads++) {
        lowered l = layer(&rn_cell_lstm, 64, 64, 128, threads);
        cr_assert_eq(l.program->threads, threads);
        const rn__cpu_call *loop = body(&l, &divided, &waits);
        cr_assert(loop->share.divided && loop->share.waits && loop->share.waits_then);
        cr_assert_gt(divided, 0);
        cr_assert_eq(waits, 0);
        for (const rn__cpu_call *c = loop + 1; c < l.program->call + loop->end; c++)
            if (c->share.divided) cr_assert_eq(c->share.n, 64);
        end(&l);
    }
}

/* h is read whole, once a step. */
Test(share, columns_of_one_row_need_one_barrier_a_step)
{
    int divided, waits;
    lowered l = layer(&rn_cell_rnn, 64, 1, 1024, 2);

    cr_assert_eq(l.program->threads, 2);
    cr_assert(body(&l, &divided, &waits)->share.divided);
    cr_assert_gt(divided, 1);
    cr_assert_eq(waits, 1);
    end(&l);
}

/* A sum over all is not divided; what follows it waits. */
Test(share, a_scalar_is_of_one_thread)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(1000, 1000));
    const rn_tensor y = rn_exp(rn_sub(x, rn_sum_all(rn_tanh(x))));
    rn_program *p = rn_compile(g, (rn_compile_options){RN_OUTPUTS(y), .threads = 2});
    const rn__cpu_program *l = (const rn__cpu_program *)p->loaded;
    int waits = 0;

    cr_assert_eq(l->threads, 2);
    for (int32_t i = 0; i < l->plan->steps; i++) {
        const rn__cpu_call *c = &l->call[i];
        waits += c->share.waits;
        if (c->kind == RN__STEP_KERNEL) cr_assert(!c->share.divided);
    }
    cr_assert_eq(waits, 2);
    rn_program_free(p);
    rn_graph_free(g);
}
