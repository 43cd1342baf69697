// SPDX-License-Identifier: MIT
// A model that answers requests: a request's bytes in, an answer's bytes out. No sockets here.
// Several threads may ask at once.
#ifndef SKIFF_SERVE_INVOKE_H
#define SKIFF_SERVE_INVOKE_H

#include "base/buf.h"
#include "base/err.h"
#include "job/model_run.h"

#include <stdbool.h>
#include <stddef.h>

struct invoker_spec {
    struct model_run_spec run; // threads that share in a large request; 0: the caller alone
    size_t workers;            // at least 1: how many predict at once; further callers wait
    const char *accept;        // type of the answers to those who do not say; NULL: text/csv
    const char *output;   // what an answer says of a row, as SAGEMAKER_INFERENCE_OUTPUT: a list of
                          // names (answer.h) with commas; NULL: a score, in JSON a label too
    double threshold;     // binary: a probability above it, both as float, is the second class
    bool threshold_given; // then the model must be a binary one, else 0.5
    bool batch;           // answers end in a newline, for they are joined
    size_t inflated_max;  // bytes of a compressed array in a body; 0: 64 times the body's
};

// The words that say how to answer, as far as they do not depend on the model.
int invoker_check(const struct invoker_spec *spec, struct error *e);

struct invoker;
// NULL with an error: of the model, of the words in `accept` and `output`, of memory.
struct invoker *invoker_open(const struct invoker_spec *spec, struct error *e);
const struct model *invoker_model(const struct invoker *v);
size_t invoker_bytes(const struct invoker *v); // that it may take, when all of its workers predict
void invoker_close(struct invoker *v);         // NULL is fine; nobody may be asking any more

// NULL where the header is absent. Without a type the body is text/csv.
struct invocation {
    const char *content_type, *accept;
    const unsigned char *body;
    size_t size;
    double seconds; // that it may be worked on, looked at between batches of rows; 0: any time
};

// 200; 204 for an empty body; 400 for one that makes no sense to the model, 413 for one that comes
// to too much, 406 and 415 for types that are not known, 500, 503 when it takes too long, 507
// without memory. The body of these is one line of text.
struct reply {
    int status;
    const char *type; // of the body, static; NULL without one
    struct buf body;  // the caller's to clear
};

// Always leaves a reply, in as many rows as the request has, in order.
void invoke(struct invoker *v, const struct invocation *in, struct reply *out);

#endif
