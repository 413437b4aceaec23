/* SPDX-License-Identifier: MIT */
/* onednn-bench-layers -- oneDNN's recurrent primitives as a system of the benchmark. */
#include "onednn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void unload(void *memory)
{
    loaded *l = (loaded *)memory;

    if (!l) return;
    for (int i = 0; i < l->calls; i++)
        if (l->call[i].primitive) dnnl_primitive_destroy(l->call[i].primitive);
    for (int i = 0; i < l->memories; i++) dnnl_memory_destroy(l->memory[i]);
    if (l->queue) dnnl_stream_destroy(l->queue);
    if (l->engine) dnnl_engine_destroy(l->engine);
    free(l);
}

static void *load(const serve_case *c, char *why)
{
    const onednn_cell *cell = onednn_find(c->cell);
    const bool train = strcmp(c->mode, "train") == 0,
               stream = strcmp(c->mode, "stream") == 0;
    loaded *l = NULL;

    if (!cell || (!train && !stream && strcmp(c->mode, "forward") != 0)) return NULL;
    l = (loaded *)calloc(1, sizeof *l);
    if (!l) return NULL;
    l->c = *c, l->cell = cell, l->train = train, l->stream = stream;
    if (dnnl_engine_create(&l->engine, dnnl_cpu, 0) == dnnl_success &&
        dnnl_stream_create(&l->queue, l->engine, dnnl_stream_default_flags) ==
            dnnl_success &&
        onednn_build(l))
        return l;
    snprintf(why, SERVE_WHY, "oneDNN refuses it");
    unload(l);
    return NULL;
}

static bool run(void *memory, char *why)
{
    if (onednn_execute((loaded *)memory)) return true;
    snprintf(why, SERVE_WHY, "oneDNN failed");
    return false;
}

static size_t bytes(const void *memory)
{
    return ((const loaded *)memory)->bytes;
}

static void print(dnnl_memory_t m)
{
    const size_t count = dnnl_memory_desc_get_size(onednn_desc(m)) / sizeof(float);

    for (size_t i = 0; i < count; i++) printf(" %.9g", (double)onednn_data(m)[i]);
}

static void values(void *memory)
{
    const loaded *l = (const loaded *)memory;
    const tensors *d = &l->gradient;

    print(l->value.y);
    if (!l->train) return;
    print(d->x);
    onednn_print(l->cell, &l->c,
                 &(onednn_weights){onednn_data(d->w), onednn_data(d->u), onednn_data(d->b),
                                   onednn_data(d->p)});
}

int main(void)
{
    const serve_system onednn = {
        .load = load, .free = unload, .run = run, .bytes = bytes, .values = values};

    return serve(&onednn);
}
