/* SPDX-License-Identifier: MIT */
/* Included before a test's own first line: what it compiles runs on the reference. */
#ifndef RN_TESTS_BACKEND_ON_REFERENCE_H
#define RN_TESTS_BACKEND_ON_REFERENCE_H

#include <rondo/program.h>

rn_program *rn_compile_on_reference(rn_graph *graph, rn_compile_options options);
#define rn_compile(...) rn_compile_on_reference(__VA_ARGS__)

#endif
