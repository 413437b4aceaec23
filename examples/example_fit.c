/* SPDX-License-Identifier: MIT */
/* The training of the examples that use rn_fit. */
#include "example.h"

#include <stdlib.h>

static bool save(rn_model *model, const settings *s)
{
    char *path = output_path(s, ".safetensors");
    const bool ok = (path && rn_model_save(model, path) == RN_OK) ||
                    complain("%s", path ? rn_model_error(model) : "out of memory");

    if (ok)
        printf("%lld weights, %s kernels, in %s\n", (long long)rn_model_parameters(model),
               rn_isa(), path);
    fflush(stdout);
    free(path);
    return ok;
}

rn_trainer *learn(const settings *s, rn_model *model, rn_fit_build build, void *user,
                  rn_batches *train)
{
    rn_optimizer adam = rn_clipped(rn_adam(s->rate), 1);
    const int64_t rising = s->updates / 20, epoch = rn_batches_count(train);
    rn_fit_options fit = {.train = train, .steps = s->updates};

    adam.schedule = (rn_schedule){
        .kind = RN_SCHEDULE_COSINE, .steps = s->updates - rising, .warm_up = rising};
    fit.epochs = epoch ? (s->updates + epoch - 1) / epoch : 1;
    if (s->load)
        fit.steps = 1; /* makes the weights, so that they can be loaded */
    else
        fit.callbacks[0] = rn_show_progress(stderr);
    rn_trainer *t =
        rn_trainer_new(model, build, (rn_trainer_options){.optimizer = adam, .user = user});
    bool ok = rn_fit(t, fit) == RN_OK || complain("%s", rn_trainer_error(t));
    if (ok && s->load)
        ok =
            rn_model_load(model, s->load) == RN_OK || complain("%s", rn_model_error(model));
    else
        ok = ok && save(model, s);
    if (ok) return t;
    rn_trainer_free(t);
    return NULL;
}
