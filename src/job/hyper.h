// SPDX-License-Identifier: MIT
// Hyperparameters as a job's senders write them: an object whose values are texts, in up to four
// encodings, beside names that are not for us.
#ifndef SKIFF_JOB_HYPER_H
#define SKIFF_JOB_HYPER_H

#include "base/buf.h"
#include "base/opt.h"

#include <jansson.h>
#include <stdbool.h>

struct hyper_from {
    const char *file; // begins messages
    enum opt_origin origin;
    bool strict; // an unknown name is an error, not a remark
    // Or NULL: an object whose own turn comes; unknown names that it has, too, are passed over.
    const json_t *elsewhere;
    void *context;
    void (*note)(void *context, const char *text); // remarks, a line each; may be NULL
};

// The value that a sender meant, as text that one would have typed; false when none is given
// ("None", "null", empty). Quotes of JSON are taken off, up to three layers of them.
bool hyper_decode(const json_t *value, struct buf *out);

// Set options from an object. Two spellings of one option, and values that do not fit, are
// ERR_USAGE and name the parameter.
int hyper_apply(const json_t *object, const struct hyper_from *from, struct opt_set *options,
                struct error *e);

#endif
