/* SPDX-License-Identifier: MIT */
/* Calls of schedules.h. */

/* Small counts, or of any size. */
static rn_schedule a_schedule(rn_test_world *w)
{
    rn_schedule s = {.kind = (rn_schedule_kind)rn_test_draw(w, 10), .steps = number(w)};
    double *const numbers[] = {&s.warm_up_factor, &s.eta_min,      &s.gamma,
                               &s.power,          &s.start_factor, &s.end_factor,
                               &s.pct_start,      &s.div_factor,   &s.final_div_factor,
                               &s.base_momentum,  &s.max_momentum};

    for (int i = 0; i < 3; i++)
        *numbers[rn_test_draw(w, sizeof numbers / sizeof *numbers)] = real(w);
    if (rn_test_draw(w, 2)) s.warm_up = number(w);
    if (rn_test_draw(w, 2)) s.t_mult = number(w);
    if (rn_test_draw(w, 2)) s.milestone[0] = number(w);
    if (rn_test_draw(w, 16) == 0) s.kind = (rn_schedule_kind)axis(w);
    s.linear = rn_test_draw(w, 2);
    if (s.kind == RN_SCHEDULE_ONE_CYCLE) s.cycle_momentum = rn_test_draw(w, 2);
    s.three_phase = rn_test_draw(w, 2);
    return s;
}

static void schedule_at(rn_test_world *w)
{
    const rn_schedule s = a_schedule(w);

    rn_schedule_at(rn_test_draw(w, 8) ? &s : NULL, real(w), number(w));
}

static void schedule_momentum_at(rn_test_world *w)
{
    const rn_schedule s = a_schedule(w);

    rn_schedule_momentum_at(rn_test_draw(w, 8) ? &s : NULL, number(w));
}

static void scheduled_momentum(rn_test_world *w)
{
    const rn_schedule s = a_schedule(w);
    const rn_tensor i32 = rn_constant_scalar(w->g, RN_I32, 3);
    const rn_tensor step = rn_test_draw(w, 4) ? i32 : a_tensor(w);

    w->given = !rn_is_null(step);
    built(w, rn_scheduled_momentum(rn_test_draw(w, 8) ? &s : NULL, step));
}

static void scheduled_rate(rn_test_world *w)
{
    const rn_schedule s = a_schedule(w);
    rn_tensor rate = rn_constant_scalar(w->g, RN_F64, 0.5);
    rn_tensor step = rn_constant_scalar(w->g, RN_I32, 3);

    if (rn_test_draw(w, 4) == 0) rate = a_tensor(w);
    if (rn_test_draw(w, 4) == 0) step = a_tensor(w);
    w->given = true;
    built(w, rn_scheduled_rate(rn_test_draw(w, 8) ? &s : NULL, rate, step));
}

static void plateau_next(rn_test_world *w)
{
    rn_plateau p = {.factor = real(w), .patience = number(w), .cooldown = number(w)};

    for (int i = 0; i < 4; i++)
        rn_plateau_next(rn_test_draw(w, 4) ? &p : NULL, real(w), real(w));
}

/* ---- averages.h, lbfgs.h ---- */

/* A model that an optimiser with averages has trained, or another one. */
static rn_model *averaged_model(rn_test_world *w)
{
    rn_optimizer sgd = rn_sgd(0.5, 0);

    if (rn_test_draw(w, 4) == 0) return a_model(w);
    sgd.average =
        (rn_average){(rn_average_kind)rn_test_draw(w, 3), real(w), number(w), number(w)};
    if (rn_test_draw(w, 2)) sgd.average = (rn_average){.kind = RN_AVERAGE_EQUAL};
    optimize(w, sgd);
    return w->model;
}

static void average_begin(rn_test_world *w)
{
    rn_model *model = averaged_model(w);

    status_is(rn_average_begin(model, rn_test_draw(w, 2) ? name(w) : NULL),
              rn_model_error(model), model);
    rn_averaged(model, rn_test_draw(w, 2) ? name(w) : NULL);
}

static void swap_averages(rn_test_world *w)
{
    rn_model *model = averaged_model(w);

    status_is(rn_model_swap_averages(model, rn_test_draw(w, 2) ? name(w) : NULL),
              rn_model_error(model), model);
}

static void nonmonotone_add(rn_test_world *w)
{
    rn_nonmonotone t = {.interval = axis(w), .count = number(w)};

    for (int i = 0; i < 4; i++) rn_nonmonotone_add(rn_test_draw(w, 4) ? &t : NULL, real(w));
}

static int some(rn_test_world *w)
{
    return DRAW(w, int, 0, 0, 3, 3, -1, INT32_MIN, INT32_MAX);
}

static void lbfgs_step(rn_test_world *w)
{
    const rn_tensor good = rn_sum_all(rn_mul(w->tensor[9], w->tensor[0]));
    const rn_tensor loss = rn_test_draw(w, 2) ? good : a_tensor(w);
    rn_program *p = rn_compile(
        w->g, (rn_compile_options){.minimize = good, .with = rn_lbfgs_gradients()});
    rn_model *model = rn_test_draw(w, 2) ? w->model : a_model(w);
    const rn_lbfgs_options o = {.lr = rn_test_draw(w, 2) ? 0 : real(w),
                                .max_iter = DRAW(w, int, 0, 3, -1),
                                .max_eval = some(w),
                                .history_size = some(w),
                                .tolerance_grad = real(w),
                                .strong_wolfe = rn_test_draw(w, 2)};
    rn_lbfgs *l = rn_lbfgs_new(model, rn_test_draw(w, 8) ? p : NULL, loss, o);
    rn_lbfgs_result result;

    cr_assert(l || !model || rn_model_error(model)[0]);
    status_is(rn_lbfgs_step(l, rn_test_draw(w, 2) ? &result : NULL), rn_lbfgs_error(l), l);
    rn_lbfgs_free(l);
    rn_program_free(p);
}
