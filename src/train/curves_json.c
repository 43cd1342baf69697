// SPDX-License-Identifier: MIT
// Every point of a curve is written, one a different score: what figures leave out, programs may
// want.
#include "train/curves_json.h"

#include "io/json.h"

static json_t *reals(const double *x, size_t n, bool *failed)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_push(list, json_number_or_null(x[i]), failed);
    return list;
}

static json_t *counts(const size_t *x, size_t n, bool *failed)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_push(list, json_integer((json_int_t)x[i]), failed);
    return list;
}

static int put_roc(json_t *root, struct metrics_work *w, const struct curve_scores *s, bool *failed,
                   struct error *e)
{
    struct roc_curve c;
    const int rc = roc_curve_make(&c, w, s, false, e);
    if (rc)
        return rc;
    json_t *object = json_object();
    json_put(object, "fpr", reals(c.fpr, c.count, failed), failed);
    json_put(object, "tpr", reals(c.tpr, c.count, failed), failed);
    json_put(object, "threshold", reals(c.threshold, c.count, failed), failed);
    json_put(root, "roc", object, failed);
    roc_curve_clear(&c);
    return 0;
}

static int put_pr(json_t *root, struct metrics_work *w, const struct curve_scores *s, bool *failed,
                  struct error *e)
{
    struct pr_curve c;
    const int rc = pr_curve_make(&c, w, s, e);
    if (rc)
        return rc;
    json_t *object = json_object();
    json_put(object, "precision", reals(c.precision, c.count, failed), failed);
    json_put(object, "recall", reals(c.recall, c.count, failed), failed);
    json_put(object, "threshold", reals(c.threshold, c.count, failed), failed);
    json_put(root, "pr", object, failed);
    pr_curve_clear(&c);
    return 0;
}

static json_t *calibration(const struct curve_scores *s, bool *failed)
{
    struct calibration c;
    calibration_make(&c, s);
    json_t *object = json_object(), *bins = json_array();
    for (size_t b = 0; b < CALIBRATION_BINS; b++) {
        json_t *bin = json_object();
        json_put(bin, "count", json_integer((json_int_t)c.bin[b].count), failed);
        json_put(bin, "score", json_number_or_null(c.bin[b].score), failed);
        json_put(bin, "rate", json_number_or_null(c.bin[b].rate), failed);
        json_push(bins, bin, failed);
    }
    json_put(object, "error", json_number_or_null(c.error), failed);
    json_put(object, "bins", bins, failed);
    return object;
}

static json_t *histogram(const struct curve_scores *s, bool *failed)
{
    struct score_histogram h;
    score_histogram_make(&h, s);
    json_t *object = json_object();
    json_put(object, "positive", counts(h.positive, HISTOGRAM_BINS, failed), failed);
    json_put(object, "negative", counts(h.negative, HISTOGRAM_BINS, failed), failed);
    return object;
}

json_t *curves_json(struct metrics_work *w, const struct curve_scores *s, struct error *e)
{
    const bool probable = curve_scores_probable(s);
    json_t *root = json_object();
    bool failed = false;
    int rc = put_roc(root, w, s, &failed, e);
    if (rc == 0)
        rc = put_pr(root, w, s, &failed, e);
    json_put(root, "calibration", probable ? calibration(s, &failed) : json_null(), &failed);
    json_put(root, "histogram", probable ? histogram(s, &failed) : json_null(), &failed);
    if (rc == 0 && failed)
        rc = error_nomem(e, "the curves");
    if (rc == 0)
        return root;
    json_decref(root);
    return NULL;
}

json_t *curves_json_classes(struct metrics_work *w, const struct metrics_rows *prob, size_t classes,
                            const float *labels, struct error *e)
{
    json_t *list = json_array();
    bool failed = false;
    for (size_t c = 0; c < classes && !failed; c++) {
        const struct curve_scores s = {prob, c, labels, (float)c};
        json_push(list, curves_json(w, &s, e), &failed);
    }
    if (!failed)
        return list;
    error_nomem(e, "the curves");
    json_decref(list);
    return NULL;
}
