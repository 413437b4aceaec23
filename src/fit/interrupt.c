/* SPDX-License-Identifier: MIT */
/*
 * Stopping on SIGINT.
 *
 * The flag is the library's only global variable that changes while it runs. It is also
 * what keeps a second fit from installing the handler again.
 */
#include <signal.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "fit/fit.h"

enum { NOBODY, WAITING, INTERRUPTED };

/* As good as volatile sig_atomic_t, and safe with several threads. */
static atomic_int flag;

static void interrupt(int signal)
{
    int waiting = WAITING;

    (void)signal;
    atomic_compare_exchange_strong(&flag, &waiting, INTERRUPTED);
}

static rn_status begin(rn_callback *c, const rn_fit_state *now)
{
    struct sigaction new_action = {.sa_handler = interrupt,
                                   .sa_flags = (int)SA_RESETHAND | SA_RESTART};
    struct sigaction *old =
        (struct sigaction *)rn__new(now->trainer->allocator, sizeof *old);
    int nobody = NOBODY;

    if (!old) return rn__fit_fail_as(now->trainer, RN_NO_MEMORY, "stop_on_interrupt", "");
    if (!atomic_compare_exchange_strong(&flag, &nobody, WAITING)) {
        rn__free(now->trainer->allocator, old);
        return rn_trainer_fail(now->trainer, RN_INVALID,
                               "stop_on_interrupt: another fit of this process has it");
    }
    c->user = old;
    sigemptyset(&new_action.sa_mask);
    sigaction(SIGINT, NULL, old);
    /* A background job stays as it is. */
    if (old->sa_handler != SIG_IGN) sigaction(SIGINT, &new_action, NULL);
    return RN_OK;
}

static const char *stop(rn_callback *c, const rn_fit_state *now)
{
    (void)c, (void)now;
    return atomic_load(&flag) == INTERRUPTED ? "interrupted" : NULL;
}

static rn_status end(rn_callback *c, const rn_fit_state *now)
{
    if (!c->user) return RN_OK;
    sigaction(SIGINT, (struct sigaction *)c->user, NULL);
    atomic_store(&flag, NOBODY);
    rn__free(now->trainer->allocator, c->user);
    c->user = NULL;
    return RN_OK;
}

rn_callback rn_stop_on_interrupt(void)
{
    return (rn_callback){.name = "interrupt", .begin = begin, .stop = stop, .end = end};
}
