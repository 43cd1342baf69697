// SPDX-License-Identifier: MIT
// Predictions as the body of an answer, row by row in the order of the request.
//
//   text/csv              a line a row: the probability of the second class; of several classes
//                         the probability of each; of a regression the prediction of each target
//   application/json      {"predictions": [{"score": 0.4, "predicted_label": 0}, ...]}, the score a
//                         list where the line above has several; no label of a regression
//   application/jsonlines the same objects, one a line
//   application/x-npy     what the CSV holds, as float32 [rows] or [rows][several]
//
// Numbers have nine significant digits, as those of skiff predict. Labels are classes by the names
// that the model's preparation has for them (numbers, true and false as such), else their numbers.
//
// Who asks for some of these (of x-npy there is only the one) gets them instead, in the order of
// the list; in a CSV a list is a field, "[0.6, 0.4]". What a task does not have is nan in a CSV,
// null in JSON.
//   predicted_label   the class; labels: all of them
//   probability       of the second class, or of the best of several; raw_score: the same
//   probabilities     of each class; raw_scores: the same
//   predicted_score   of a regression
#ifndef SKIFF_SERVE_ANSWER_H
#define SKIFF_SERVE_ANSWER_H

#include "base/buf.h"
#include "model/model_file.h"
#include "serve/media.h"

#include <stdbool.h>
#include <stddef.h>

#define ANSWER_KEYS_MAX 7

enum answer_key {
    KEY_PREDICTED_LABEL,
    KEY_LABELS,
    KEY_PROBABILITY,
    KEY_PROBABILITIES,
    KEY_RAW_SCORE,
    KEY_RAW_SCORES,
    KEY_PREDICTED_SCORE,
};

// A text as JSON and as a field of a CSV.
struct answer_text {
    char *json, *csv;
    size_t json_len, csv_len;
};

// What all answers of a model have in common.
struct answer_form {
    enum net_task task;
    size_t outputs;
    float threshold; // binary: a probability above it is the second class
    bool batch;      // end in a newline
    enum answer_key key[ANSWER_KEYS_MAX];
    size_t keys;               // 0: the default
    size_t classes;            // 0: regression
    struct answer_text *label; // [classes]
    struct answer_text all;    // labels, as a list
};
const char *answer_key_name(enum answer_key k);
// `output`: names with commas, or NULL. ERR_USAGE names one that is none, with the nearest.
int answer_form_init(struct answer_form *f, const struct model *model, const char *output,
                     struct error *e);
// The same of `output`, whatever the model.
int answer_form_check(const char *output, struct error *e);
void answer_form_clear(struct answer_form *f);

struct answer {
    const struct answer_form *form;
    enum media media;
    struct buf *out;
    size_t rows; // given
};
void answer_begin(struct answer *a, const struct answer_form *form, enum media media,
                  struct buf *out);
// pred[rows][outputs], as plan_predict gives them. ERR_NUMERIC names a row that is not finite.
int answer_add(struct answer *a, const float *pred, size_t rows, struct error *e);
int answer_end(struct answer *a, struct error *e);

#endif
