/* SPDX-License-Identifier: MIT */
/* A named test for each operator and each composite, made from their lists. */
#include <criterion/criterion.h>

#include "check.h"
#include "records.h"

#define RN_OP(name, code, kind, ...)                                                       \
    Test(ops, name)                                                                        \
    {                                                                                      \
        check_record(&record_##name);                                                      \
    }
#include "ops/ops.def"
#undef RN_OP

#define RN_COMPOSITE(name)                                                                 \
    Test(composites, name)                                                                 \
    {                                                                                      \
        check_record(&record_##name);                                                      \
    }
#include "composites.def"
#undef RN_COMPOSITE
