/* SPDX-License-Identifier: MIT */
/* Running a program. */
#include "program/program.h"

#include <string.h>

/* What readers are told of the run. */
static rn_status end(rn_program *program, rn_status status)
{
    program->last = status == RN_OK ? RN__RUN_DONE : RN__RUN_FAILED;
    if (status != RN_OK) memcpy(program->failure, program->error, sizeof program->failure);
    return status;
}

rn_status rn_run(rn_program *program)
{
    if (!program) return RN_INVALID;
    program->error[0] = 0;
    if (!rn__inputs_fed(program)) return end(program, RN_INVALID);
    const bool ok =
        program->backend->run(program->loaded, program->error, sizeof program->error);
    return end(program, ok ? RN_OK : RN_BAD_VALUE);
}

bool rn_program_nonfinite(const rn_program *program, int index, rn_nonfinite *out)
{
    return program && out && program->backend->nonfinite &&
           program->backend->nonfinite(program->loaded, index, out);
}
