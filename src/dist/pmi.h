// SPDX-License-Identifier: MIT
// The server's side of PMI-1, by which MPICH's ranks find each other: lines of text, one value a
// rank to be put and read by the others, barriers, an end. Pure: lines in, answers out. Lines come
// from other machines, so each is checked, and nothing grows without a limit.
#ifndef SKIFF_DIST_PMI_H
#define SKIFF_DIST_PMI_H

#include "base/err.h"

#include <stddef.h>

#define PMI_LINE_MAX  1536 // with the byte behind it
#define PMI_KEY_MAX   64
#define PMI_VALUE_MAX 1024
#define PMI_KEYS_MAX  8 // that one rank may put

struct pmi;

// Ranks are numbered host by host.
struct pmi *pmi_new(size_t hosts, size_t per_host, struct error *e);
void pmi_free(struct pmi *p); // NULL is fine

enum pmi_outcome {
    PMI_ANSWER, // `answer` goes to the rank
    PMI_WAIT,   // it is in a barrier
    PMI_OPEN,   // all are: `answer` goes to every rank
    PMI_ABORT,  // the rank ends the job with *code
    PMI_BAD,    // no line of this protocol, or not now
};

// A line of a rank; lines are without their ends, here and in `answer`.
enum pmi_outcome pmi_line(struct pmi *p, size_t rank, const char *line, char answer[PMI_LINE_MAX],
                          int *code);

#endif
