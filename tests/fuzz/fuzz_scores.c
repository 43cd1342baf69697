// SPDX-License-Identifier: MIT
// A file of scores from arbitrary bytes, CSV or npz, and the metrics of what was read. The first
// byte chooses the task.
#include "fuzz.h"

#include "base/mem.h"
#include "io/scores.h"
#include "train/metrics.h"

static void binary(const struct scores *s, const struct metrics_rows *rows)
{
    struct metrics_work w = {0};
    struct binary_metrics m;
    struct error e = {0};
    if (metrics_binary(&m, &w, rows, s->labels, 0.5, &e) == 0 &&
        (m.tp + m.fp + m.tn + m.fn != s->n || !(m.ap >= 0 && m.ap <= 1)))
        __builtin_trap();
    metrics_work_clear(&w);
}

static void multiclass(const struct scores *s, const struct metrics_rows *rows)
{
    struct metrics_work w = {0};
    struct multiclass_metrics m = {0};
    struct error e = {0};
    if (metrics_multiclass(&m, &w, rows, s->columns, s->labels, &e) == 0 &&
        !(m.accuracy >= 0 && m.accuracy <= 1))
        __builtin_trap();
    multiclass_metrics_clear(&m);
    metrics_work_clear(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct scores s;
    struct error e = {0};
    const int rc =
        scores_parse(&s, "fuzz", data + 1, size - 1, (enum scores_task)(data[0] % 4), &e);
    if (rc) {
        if (e.code != rc || s.n || s.f64)
            __builtin_trap();
        return 0;
    }
    const struct metrics_rows rows = {s.n, s.columns, s.f32, s.f64};
    const struct metrics_rows truth = {.n = s.n, .ld = s.columns, .f64 = s.truth};
    struct regression_metrics m;
    if (s.task == SCORES_BINARY)
        binary(&s, &rows);
    else if (s.task == SCORES_MULTICLASS)
        multiclass(&s, &rows);
    else
        metrics_regression(&m, &rows, &truth, s.columns, &e);
    scores_clear(&s);
    return 0;
}
