/* SPDX-License-Identifier: MIT */
/* The reference back end of the tests. */
#ifndef RN_TESTS_BACKEND_REFERENCE_H
#define RN_TESTS_BACKEND_REFERENCE_H

#include "backend/backend.h"

extern const rn__backend rn_test_reference;

/* rn_compile for it; on_reference.h gives this the name rn_compile. */
rn_program *rn_compile_on_reference(rn_graph *graph, rn_compile_options options);

#endif
