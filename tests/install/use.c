/* SPDX-License-Identifier: MIT */
/* A program outside the source tree: one step of an LSTM, and its gradient. */
#include <rondo.h>
#include <stdio.h>

int main(void)
{
    const float numbers[30] = {1, -1, 0.5f};
    rn_model *model = rn_model_new(1);
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(5, 2, 3));
    rn_sequence y =
        rn_lstm(rn_root(g, model), "rnn", x, (rn_recurrent_options){.units = 4});
    rn_tensor loss = rn_sum_all(rn_square(y.outputs));
    rn_program *program =
        rn_compile(g, (rn_compile_options){.minimize = loss, .with = rn_adam(1e-3)});
    const bool ran = program && rn_feed_f32(program, x, numbers, 30) == RN_OK &&
                     rn_run(program) == RN_OK;

    if (ran)
        printf("rondo %s\n", rn_version());
    else
        printf("%s%s\n", rn_graph_error(g), rn_program_error(program));
    rn_program_free(program);
    rn_graph_free(g);
    rn_model_free(model);
    return ran ? 0 : 1;
}
