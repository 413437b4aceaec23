/* SPDX-License-Identifier: MIT */
/*
 * Tables: texts for vocabularies.
 *
 * The indices of the words of one column are kept, because a source of the table splits the
 * same texts again. They are those that the words have while they are counted.
 */
#include "base/arena.h"
#include "data/table.h"

void rn__table_forget(rn_table *t)
{
    if (t->memo) rn__kept_stop(&t->memo->kept);
    rn__free(t->allocator, t->memo);
    t->memo = NULL;
}

/* Begins a memo for the first column of words, if there may be so much. */
static bool begin(rn_table *t, const rn__picked *picked, int count)
{
    const size_t rows = (size_t)t->rows;
    const rn__picked *p = picked;
    size_t bytes;

    rn__table_forget(t);
    while (p < picked + count &&
           !(p->c.vocabulary && p->c.vocabulary->options.split == RN_WORDS))
        p++;
    if (p == picked + count || !rn__multiply(rows, sizeof *t->memo->row, &bytes) ||
        !rn__kept_fits(bytes))
        return true;
    t->memo = (rn__memo *)rn__new(t->allocator, sizeof *t->memo + bytes);
    if (!t->memo) return rn__table_no_memory(t);
    t->memo->vocabulary = p->c.vocabulary;
    t->memo->column = p->number;
    t->memo->kept = rn__kept_begin(t->allocator, INT32_MAX, bytes);
    return true;
}

static bool add_cell(rn_table *t, const rn__picked *p)
{
    rn_vocabulary *v = p->c.vocabulary;
    rn__memo *m = t->memo;
    size_t bytes;
    const char *text = rn__table_cell(t, p->number, &bytes);

    if (!text) return false;
    if (v->options.split == RN_WHOLE && bytes == 0 && p->c.missing == RN_MISSING_REFUSED)
        return rn__table_bad(t, p->number, 0, RN_BAD_FILE, "a missing value");
    if (m && (m->column != p->number || m->vocabulary != v)) m = NULL;
    const size_t before = m ? m->kept.used : 0;
    if (rn__vocabulary_add(v, text, bytes, m ? &m->kept : NULL) != RN_OK)
        return rn__table_vocabulary(t, p->number, v);
    if (m && m->kept.failed) return rn__table_no_memory(t);
    if (m && m->kept.width)
        m->row[t->row] = (rn__range){(uint32_t)before, (int32_t)(m->kept.used - before)};
    return true;
}

rn_status rn_table_add(rn_table *t, const rn_column *columns, int count)
{
    rn__picked *picked = t ? rn__table_pick(t, columns, count) : NULL;

    if (!picked) return t ? t->status : RN_INVALID;
    begin(t, picked, count);
    for (int64_t row = 0; row < t->rows && rn__table_row(t, row); row++)
        for (int i = 0; i < count && t->status == RN_OK; i++)
            if (picked[i].c.vocabulary) add_cell(t, &picked[i]);
    if (t->memo && (t->status != RN_OK || !t->memo->kept.width)) rn__table_forget(t);
    for (int i = 0; i < count; i++)
        if (t->memo && picked[i].c.vocabulary == t->memo->vocabulary)
            picked[i].c.vocabulary->memo = t->memo;
    rn__free(t->allocator, picked);
    return t->status;
}
