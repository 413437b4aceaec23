/* SPDX-License-Identifier: MIT */
/*
 * A run of a program call by call, in one thread, which notes for each byte which thread
 * would touch it: between two barriers no two threads may touch a byte that one of them
 * writes.
 */
#ifndef RN_TESTS_THREADS_OWNERSHIP_H
#define RN_TESTS_THREADS_OWNERSHIP_H

#include "backend/cpu/share.h"
#include "program/program.h"

typedef struct ownership {
    int threads;   /* of the program */
    int64_t calls; /* divided, that ran */
    int64_t barriers;
    char error[400]; /* what is wrong; "": nothing */
} ownership;

/* Runs a program that has been fed. `what` begins the message of a failure. */
ownership rn_test_ownership(rn_program *program);

#endif
