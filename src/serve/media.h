// SPDX-License-Identifier: MIT
// Media types: what a request holds and what its answer is to hold.
#ifndef SKIFF_SERVE_MEDIA_H
#define SKIFF_SERVE_MEDIA_H

#include "base/err.h"

enum media {
    MEDIA_NONE, // none that is known
    MEDIA_CSV,
    MEDIA_JSON,
    MEDIA_JSONLINES,
    MEDIA_NPY,
    MEDIA_NPZ,
    MEDIA_LIBSVM,
    MEDIA_RECORDIO,
};

// A Content-Type, parameters and case aside. NULL or "" is text/csv; MEDIA_NONE with an error that
// names those that are known.
enum media media_of_body(const char *type, struct error *e);

// The type of an answer: the one of an Accept header with the highest q, the first among equals.
// NULL, "" and "*/*" are `otherwise`.
enum media media_of_answer(const char *accept, enum media otherwise, struct error *e);

const char *media_name(enum media m); // "text/csv"

#endif
