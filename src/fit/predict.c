/* SPDX-License-Identifier: MIT */
/* Predictions; and the weights before the first step. */
#include <string.h>

#include "data/batches.h"
#include "fit/fit.h"

rn_status rn__fit_take(const rn__fit_program *p, const rn_batch *batch,
                       const rn__predicted *to)
{
    if (!batch->which)
        return rn_trainer_fail(p->trainer, RN_INVALID, "predict: the batches are streams");
    if (p->prediction < 0)
        return rn_trainer_fail(p->trainer, RN_INVALID,
                               "predict: the function that builds the loss sets no "
                               "prediction");
    const rn__fit_output *o = &p->output[p->prediction];
    const size_t row = o->bytes / (size_t)batch->sequences;

    if (to->bytes % to->count || to->bytes / to->count != row)
        return rn_trainer_fail(p->trainer, RN_INVALID,
                               "predict: %zu bytes, but there are %zu predictions of %zu",
                               to->bytes, to->count, row);
    for (int64_t i = 0; i < batch->real; i++)
        if (row)
            memcpy(to->to + (size_t)batch->which[i] * row,
                   (char *)o->data + (size_t)i * row, row);
    return RN_OK;
}

rn_status rn_predict(rn_trainer *t, rn_batches *batches, void *to, size_t bytes)
{
    rn__mean mean;

    if (!t) return RN_INVALID;
    t->error[0] = 0;
    if (!batches || (!to && bytes))
        return rn_trainer_fail(t, RN_INVALID, "predict: no %s",
                               batches ? "room" : "batches");
    if (t->fit) return rn_trainer_fail(t, RN_INVALID, "predict: the trainer is in rn_fit");
    t->stopping = false;
    const rn__predicted all = {(char *)to, bytes, (size_t)batches->source.count};
    return rn__fit_evaluate(t, batches, &all, &mean);
}

rn_status rn_trainer_prepare(rn_trainer *t, rn_batches *batches)
{
    rn_batch batch = {.sequences = 0};
    rn_status s = RN_OK;

    if (!t) return RN_INVALID;
    t->error[0] = 0;
    if (!batches) return rn_trainer_fail(t, RN_INVALID, "prepare: no batches");
    const rn_position at = rn_batches_position(batches);
    /* The first may be the end of an epoch. */
    for (int i = 0; i < 2 && s == RN_OK && batch.sequences == 0; i++)
        s = rn_batches_next(batches, &batch);
    if (s != RN_OK) return rn__fit_fail_as(t, s, "", rn_batches_error(batches));
    if (batch.sequences == 0)
        return rn_trainer_fail(t, RN_INVALID, "prepare: an epoch has no batches");
    rn__fit_program_of(t, &batch, true, &s);
    rn_batches_seek(batches, at);
    return s;
}
