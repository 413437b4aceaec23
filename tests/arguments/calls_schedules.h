/* SPDX-License-Identifier: MIT */
/* Calls of schedules.h. */

/* Small counts, or of any size. */
static rn_schedule a_schedule(rn_test_world *w)
{
    rn_schedule s = {.kind = (rn_schedule_kind)rn_test_draw(w, 10), .steps = number(w)};
    double *const numbers[] = {&s.warm_up_factor, &s.eta_min,      &s.gamma,
                               &s.power,          &s.start_factor, &s.end_factor,
                               &s.pct_start,      &s.div_factor,   &s.final_div_factor};

    for (int i = 0; i < 3; i++)
        *numbers[rn_test_draw(w, sizeof numbers / sizeof *numbers)] = real(w);
    if (rn_test_draw(w, 2)) s.warm_up = number(w);
    if (rn_test_draw(w, 2)) s.t_mult = number(w);
    if (rn_test_draw(w, 2)) s.milestone[0] = number(w);
    if (rn_test_draw(w, 16) == 0) s.kind = (rn_schedule_kind)axis(w);
    s.linear = rn_test_draw(w, 2);
    s.three_phase = rn_test_draw(w, 2);
    return s;
}

static void schedule_at(rn_test_world *w)
{
    const rn_schedule s = a_schedule(w);

    rn_schedule_at(rn_test_draw(w, 8) ? &s : NULL, real(w), number(w));
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
