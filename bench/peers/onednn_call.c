/* SPDX-License-Identifier: MIT */
/* Memory of oneDNN, and calls of its primitives. */
#include "onednn.h"

#include <string.h>

typedef dnnl_memory_desc_t desc;

/* ---- memory ---- */

dnnl_memory_t onednn_memory(loaded *l, const desc *d)
{
    dnnl_memory_t m = NULL;
    void *data = NULL;

    if (l->memories == MEMORIES ||
        dnnl_memory_create(&m, d, l->engine, DNNL_MEMORY_ALLOCATE) != dnnl_success)
        return NULL;
    l->memory[l->memories++] = m;
    dnnl_memory_get_data_handle(m, &data);
    l->bytes += dnnl_memory_desc_get_size(d);
    if (data) memset(data, 0, dnnl_memory_desc_get_size(d));
    return m;
}

float *onednn_data(dnnl_memory_t m)
{
    void *data = NULL;

    if (m) dnnl_memory_get_data_handle(m, &data);
    return (float *)data;
}

const desc *onednn_desc(dnnl_memory_t m)
{
    const desc *d = NULL;

    dnnl_memory_get_memory_desc(m, &d);
    return d;
}

desc onednn_describe(dnnl_format_tag_t tag, int rank, const int64_t *size)
{
    dnnl_dims_t dims = {0};
    desc d;

    memset(&d, 0, sizeof d);
    memcpy(dims, size, (size_t)rank * sizeof *dims);
    dnnl_memory_desc_init_by_tag(&d, rank, dims, dnnl_f32, tag);
    return d;
}

/* ---- calls ---- */

void onednn_argue(call *to, int which, dnnl_memory_t memory)
{
    if (memory) to->argument[to->arguments++] = (dnnl_exec_arg_t){which, memory};
}

bool onednn_reorder(loaded *l, dnnl_memory_t from, dnnl_memory_t to)
{
    dnnl_primitive_desc_t pd;
    call *c = &l->call[l->calls];

    if (dnnl_reorder_primitive_desc_create(&pd, onednn_desc(from), l->engine,
                                           onednn_desc(to), l->engine,
                                           NULL) != dnnl_success)
        return false;
    const bool ok = dnnl_primitive_create(&c->primitive, pd) == dnnl_success;
    dnnl_primitive_desc_destroy(pd);
    onednn_argue(c, DNNL_ARG_FROM, from);
    onednn_argue(c, DNNL_ARG_TO, to);
    l->calls += ok;
    return ok;
}

dnnl_memory_t onednn_preferred(loaded *l, dnnl_primitive_desc_t pd, int which,
                               dnnl_memory_t plain)
{
    const desc *d = dnnl_primitive_desc_query_md(pd, dnnl_query_exec_arg_md, which);

    if (dnnl_memory_desc_equal(d, onednn_desc(plain))) return plain;
    dnnl_memory_t m = onednn_memory(l, d);
    return m && onednn_reorder(l, plain, m) ? m : NULL;
}

dnnl_memory_t onednn_zeroed(loaded *l, dnnl_primitive_desc_t pd, int which,
                            dnnl_memory_t plain)
{
    if (!plain) return NULL;
    const desc *d = dnnl_primitive_desc_query_md(pd, dnnl_query_exec_arg_md, which);
    dnnl_memory_t m =
        dnnl_memory_desc_equal(d, onednn_desc(plain)) ? plain : onednn_memory(l, d);

    if (m) onednn_argue(&l->call[l->calls++], 0, m);
    return m;
}

bool onednn_execute(loaded *l)
{
    for (int i = 0; i < l->calls; i++) {
        const call *c = &l->call[i];
        if (!c->primitive) {
            dnnl_memory_t m = c->argument[0].memory;
            memset(onednn_data(m), 0, dnnl_memory_desc_get_size(onednn_desc(m)));
        } else if (dnnl_primitive_execute(c->primitive, l->queue, c->arguments,
                                          c->argument) != dnnl_success) {
            return false;
        }
    }
    return dnnl_stream_wait(l->queue) == dnnl_success;
}
