/* SPDX-License-Identifier: MIT */
/* The series of monthly numbers that sunspots learns to forecast. */
#ifndef SUNSPOTS_H
#define SUNSPOTS_H

#include "example.h"

/* The months of a window, and those held out. */
enum { STEPS = 264, HELD = 480 };

typedef struct series {
    int count, train; /* months */
    int year;         /* of the first month */
    double *number;
    float *z, *smooth; /* smooth[i]: the mean of z[i - 11 .. i] */
    double mean, deviation;
} series;

/* A line of the file is a year and twelve numbers. */
bool series_read(series *r, const settings *s);
void series_free(series *r);

/* The number of a z; 0 for a negative root. */
double series_unscale(const series *r, double z);

#endif
