/* SPDX-License-Identifier: MIT */
/* Compiling a case, and filling it with numbers. */
#include "loaded.h"

#include <stdio.h>
#include <stdlib.h>

loaded *loaded_new(char *why)
{
    loaded *l = (loaded *)calloc(1, sizeof *l);

    if (!l) {
        snprintf(why, SERVE_WHY, "out of memory");
        return NULL;
    }
    l->model = rn_model_new(1);
    l->graph = rn_graph_new();
    return l;
}

void loaded_free(void *memory)
{
    loaded *l = (loaded *)memory;

    if (!l) return;
    rn_program_free(l->program);
    rn_graph_free(l->graph);
    rn_model_free(l->model);
    free(l);
}

/* All weights get numbers, so that all systems compute with the same ones. */
static void fill_weights(rn_model *model)
{
    uint32_t k = 0;

    for (int i = 0; i < rn_model_count(model); i++) {
        rn_variable *w = rn_model_at(model, i);
        const rn_shape shape = rn_variable_shape(w);
        if (!rn_model_is_weight(model, i)) continue;
        serve_fill((float *)rn_variable_data(w), rn_shape_count(shape), k++,
                   serve_scale(shape.rank, shape.size[0]));
    }
}

bool loaded_compile(loaded *l, rn_compile_options options, char *why)
{
    options.outputs = l->output;
    options.output_count = l->outputs;
    l->program = rn_compile(l->graph, options);
    if (!l->program) {
        snprintf(why, SERVE_WHY, "%s", rn_graph_error(l->graph));
        return false;
    }
    fill_weights(l->model);
    return true;
}

bool loaded_feed(loaded *l, rn_tensor x, uint32_t k, float scale, char *why)
{
    const int64_t count = rn_shape_count(rn_shape_get(x));
    float *data = (float *)malloc((size_t)count * sizeof *data);

    if (!data) {
        snprintf(why, SERVE_WHY, "out of memory");
        return false;
    }
    serve_fill(data, count, k, scale);
    const bool ok = rn_feed_f32(l->program, x, data, count) == RN_OK;
    free(data);
    if (!ok) snprintf(why, SERVE_WHY, "%s", rn_program_error(l->program));
    return ok;
}
