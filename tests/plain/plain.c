/* SPDX-License-Identifier: MIT */
/* Runs the tests of a program one after the other, or those that the arguments name, each
 * in a process of its own. The last line is Criterion's, for scripts that count. */
#include <criterion/criterion.h>

#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SKIPPED = 77, NAMES = 64 };

static plain_test *tests, **last = &tests, *suites;
static const char *wanted[NAMES];
static int names;
static const plain_test *running; /* by this process */
static bool failed;

void plain_add(plain_test *test)
{
    *last = test;
    last = &test->next;
}

void plain_suite(plain_test *suite)
{
    suite->next = suites;
    suites = suite;
}

void plain_failed(bool ends, const char *file, int line, const char *text,
                  const char *format, ...)
{
    va_list values;

    va_start(values, format);
    fprintf(stderr, "%s:%d: %s:", file, line, text);
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
    va_end(values);
    failed = true;
    if (ends) exit(1);
}

void plain_skip(const char *why)
{
    printf("[SKIP] %s::%s: %s\n", running->suite, running->name, why);
    exit(SKIPPED);
}

/* ---- one test ---- */

static bool is_wanted(const plain_test *t)
{
    bool found = names == 0;

    for (int i = 0; i < names; i++) found |= !strcmp(wanted[i], t->name);
    return found;
}

static void child(const plain_test *t, void *parameter)
{
    const plain_test *suite = suites;

    running = t;
    while (suite && strcmp(suite->suite, t->suite) != 0) suite = suite->next;
    if (suite && suite->init) suite->init();
    if (t->init) t->init();
    if (t->with)
        t->with(parameter);
    else
        t->test();
    if (t->fini) t->fini();
    if (suite && suite->fini) suite->fini();
    exit(failed ? 1 : 0);
}

typedef enum outcome { PASSED, SKIPS, FAILED, CRASHED, OUTCOMES } outcome;

static outcome run(const plain_test *t, void *parameter)
{
    int status = 0;

    fflush(stdout);
    const pid_t pid = fork();
    if (pid == 0) child(t, parameter);
    if (pid < 0 || waitpid(pid, &status, 0) != pid) return CRASHED;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return PASSED;
    if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED) return SKIPS;
    if (WIFSIGNALED(status)) printf("killed by signal %d\n", WTERMSIG(status));
    printf("[FAIL] %s::%s\n", t->suite, t->name);
    return WIFEXITED(status) ? FAILED : CRASHED;
}

/* ---- all ---- */

struct criterion_test_set *criterion_initialize(void)
{
    return NULL;
}

int criterion_handle_args(int count, char **arguments, bool handle_unknown)
{
    (void)handle_unknown;
    for (int i = 1; i < count && names < NAMES; i++) wanted[names++] = arguments[i];
    return 1;
}

int criterion_run_all_tests(struct criterion_test_set *set)
{
    int count[OUTCOMES] = {0};

    (void)set;
    for (const plain_test *t = tests; t; t = t->next) {
        if (!is_wanted(t)) continue;
        if (!t->parameters) {
            count[run(t, NULL)]++;
            continue;
        }
        const struct criterion_test_params p = t->parameters();
        for (size_t i = 0; i < p.length; i++)
            count[run(t, (char *)p.params + i * p.size)]++;
    }
    const int bad = count[FAILED] + count[CRASHED], tested = count[PASSED] + bad;

    printf("Synthesis: Tested: %d | Passing: %d | Failing: %d | Crashing: %d\n", tested,
           count[PASSED], count[FAILED], count[CRASHED]);
    return bad == 0 && tested + count[SKIPS] > 0;
}

void criterion_finalize(struct criterion_test_set *set)
{
    (void)set;
}
