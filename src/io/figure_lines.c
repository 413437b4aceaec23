/* SPDX-License-Identifier: MIT */
/* The lines between the boxes of a picture, each value once between two boxes. */
#include <string.h>

#include "io/figure.h"

void *rn__figure_add(rn__figure *f, rn__list *list, size_t size)
{
    if (list->count == list->capacity) {
        const int capacity = 2 * list->capacity + 64;
        void *more = rn__figure_new(f, (size_t)capacity, size);
        if (!more) return NULL;
        if (list->count) memcpy(more, list->at, (size_t)list->count * size);
        list->at = more;
        list->capacity = capacity;
    }
    return memset((char *)list->at + (size_t)list->count++ * size, 0, size);
}

static bool known(const rn__figure *f, int32_t value, int32_t to, bool back)
{
    for (int32_t i = f->first_line[value]; i >= 0;) {
        const rn__figure_line *line = rn__list_at(f->line, rn__figure_line, i);
        if (line->to == to && line->back == back) return true;
        i = line->next;
    }
    return false;
}

static void add(rn__figure *f, int32_t value, int32_t from, int32_t to, bool back)
{
    if (known(f, value, to, back)) return;
    rn__figure_line *line = (rn__figure_line *)rn__figure_add(f, &f->line, sizeof *line);
    if (!line) return;
    *line = (rn__figure_line){value, from, to, f->first_line[value], back};
    f->first_line[value] = f->line.count - 1;
}

static void read_variable(rn__figure *f, int32_t value, int32_t to)
{
    value = rn__figure_source(f, value);
    const rn_variable *v = rn__figure_node(f, value)->variable;
    if (!v) return;
    if (v->trained && !known(f, value, to, false))
        f->box[to].parameters += rn_shape_count(v->shape);
    add(f, value, -1, to, false);
}

void rn__figure_lines(rn__figure *f)
{
    for (int32_t n = 0; n < f->nodes && !f->failed; n++) {
        int32_t to = f->showing[n], x;
        bool back;
        if (to < 0) continue;
        if (f->box[to].open) to++; /* which reads the lengths */
        for (int k = 0; (x = rn__figure_read(f, n, k, &back)) >= 0 && !f->failed; k++) {
            const int32_t from = f->showing[x];
            if (f->live[x] == RN__VARIABLE)
                read_variable(f, x, to);
            else if (from >= 0 && from != to && !f->box[from].open)
                add(f, x, from, to, back);
        }
    }
}
