/* SPDX-License-Identifier: MIT */
/* The training of the examples that use rn_fit, and the use of what was trained. */
#include "example.h"

static bool save(rn_model *model, const settings *s)
{
    if (rn_model_save(model, s->weights) != RN_OK)
        return complain("%s", rn_model_error(model));
    printf("%lld weights, %s kernels, in %s\n", (long long)rn_model_parameters(model),
           rn_isa(), s->weights);
    fflush(stdout);
    return true;
}

rn_trainer *learn(const settings *s, rn_model *model, rn_fit_build build, void *user,
                  const rn_source *source)
{
    rn_batches *batches = rn_batches_new(
        source, (rn_batches_options){
                    .batch = s->batch, .shuffle = true, .seed = (uint64_t)s->seed});
    const int64_t rising = s->updates / 20, epoch = rn_batches_count(batches);
    rn_optimizer adam = rn_clipped(rn_adam(s->rate), 1);

    adam.schedule = (rn_schedule){
        .kind = RN_SCHEDULE_COSINE, .steps = s->updates - rising, .warm_up = rising};
    rn_trainer *t =
        rn_trainer_new(model, build, (rn_trainer_options){.optimizer = adam, .user = user});
    bool ok;
    if (s->load)
        ok = rn_trainer_prepare(t, batches) == RN_OK;
    else
        ok = rn_fit(t,
                    (rn_fit_options){.train = batches,
                                     .epochs = epoch ? (s->updates + epoch - 1) / epoch : 1,
                                     .steps = s->updates,
                                     .callbacks = {rn_show_progress(stderr)}}) == RN_OK;
    if (!ok)
        complain("%s", rn_trainer_error(t));
    else if (!s->load)
        ok = save(model, s);
    else if (rn_model_load(model, s->load) != RN_OK)
        ok = complain("%s", rn_model_error(model));
    rn_batches_free(batches);
    if (ok) return t;
    rn_trainer_free(t);
    return NULL;
}

bool evaluate(rn_trainer *t, const settings *s, const rn_source *source, double *loss)
{
    rn_batches *batches = rn_batches_new(source, (rn_batches_options){.batch = s->batch});
    const bool ok = rn_evaluate(t, batches, loss) == RN_OK;

    rn_batches_free(batches);
    return ok || complain("%s", rn_trainer_error(t));
}

bool predict(rn_trainer *t, const settings *s, const rn_source *source, void *to,
             size_t bytes)
{
    rn_batches *batches = rn_batches_new(source, (rn_batches_options){.batch = s->batch});
    const bool ok = rn_predict(t, batches, to, bytes) == RN_OK;

    rn_batches_free(batches);
    return ok || complain("%s", rn_trainer_error(t));
}
