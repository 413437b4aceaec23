/* SPDX-License-Identifier: MIT */
/* Writes a checkpoint with an item of each kind, for other readers. */
#include <rondo.h>
#include <stdio.h>

int main(int count, char **argument)
{
    rn_model *model = rn_model_new(UINT64_MAX);
    rn_graph *g = rn_graph_new();
    const rn_scope s = rn_root(g, model);
    int64_t position[2] = {-3, INT64_MAX};
    double losses[3] = {0.5, 0.25, 1e300};
    char text[] = "units = 3\n\"\xc3\xa9\"";
    const rn_checkpoint_item items[] = {
        {.name = "position", .numbers = position, .count = 2},
        {.name = "losses", .reals = losses, .count = 3},
        {.name = "config", .text = text, .count = sizeof text}};

    rn_tensor x = rn_fill(g, RN_F32, rn_shape(2, 3), 1);
    rn_tensor y = rn_dropout(s, "drop", rn_linear(s, "out", x, 2), 0.5);
    rn_program *p = rn_compile(
        g, (rn_compile_options){.minimize = rn_sum_all(y), .with = rn_sgd(0.25, 0.5)});
    const float w[6] = {1, 2, 3, 4, 5, 6};
    const bool flags[2] = {true, false};
    rn_state(s, "flags", RN_BOOL, rn_shape(2));
    rn_model_set_text(model, "words", "a\nb");
    if (!p || count != 2 || rn_run(p) || rn_model_set(model, "out/w", w, sizeof w) ||
        rn_model_set(model, "flags", flags, sizeof flags) ||
        rn_checkpoint_save(model, argument[1], items, 3)) {
        fprintf(stderr, "%s%s\n", rn_graph_error(g), rn_model_error(model));
        return 1;
    }
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
    return 0;
}
