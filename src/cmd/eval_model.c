// SPDX-License-Identifier: MIT
// `skiff eval MODEL DATA`: options in, a call to the evaluation job, a table or JSON out.
#include "base/file.h"
#include "cmd/cmd.h"
#include "cmd/eval_options.h"
#include "cmd/eval_print.h"
#include "cmd/meter.h"
#include "job/eval_job.h"

#include <signal.h>
#include <stdio.h>

// What the figures are of, and how the threshold came about.
static void print_summary(const struct eval_job *job, const struct eval_result *r)
{
    const char *data = file_shown(job->data.path);
    switch (r->task) {
    case TASK_MULTICLASS:
        printf("%s: %zu row%s, %zu classes\n\n", data, r->score.multiclass.n,
               cmd_plural(r->score.multiclass.n), r->score.multiclass.classes);
        return;
    case TASK_REGRESSION:
        printf("%s: %zu row%s, %zu target%s\n\n", data, r->score.regression.n,
               cmd_plural(r->score.regression.n), r->score.regression.targets,
               cmd_plural(r->score.regression.targets));
        return;
    default:
        printf("%s: %zu row%s, %zu positive", data, r->score.binary.n,
               cmd_plural(r->score.binary.n), r->score.binary.positives);
        if (r->classes)
            printf(" (%s)", r->class_name[1]);
        printf(", threshold %.9g", r->threshold);
        if (r->rule != THRESHOLD_GIVEN)
            printf(" (the best %s on %s)", r->rule == THRESHOLD_F1 ? "F1" : "of Youden's index",
                   job->val ? file_shown(job->val) : "these rows");
        printf("\n\n");
    }
}

static void print_result(const struct eval_job *job, const struct eval_result *r)
{
    const struct bootstrap *b = r->bootstrap.count ? &r->bootstrap : NULL;
    const char *const *names = (const char *const *)r->class_name;
    print_summary(job, r);
    eval_print_loss(r->loss,
                    r->task == TASK_MULTICLASS   ? r->score.multiclass.log_loss
                    : r->task == TASK_REGRESSION ? r->score.regression.mse
                                                 : r->score.binary.log_loss,
                    b);
    if (r->task == TASK_MULTICLASS)
        eval_print_multiclass(&r->score.multiclass, b, names);
    else if (r->task == TASK_REGRESSION)
        eval_print_regression(&r->score.regression, b);
    else
        eval_print_binary(&r->score.binary, b, names);
    if (b)
        eval_print_note(b);
    if (r->rule != THRESHOLD_GIVEN && !job->val)
        printf("\nThe threshold was chosen on the rows that it is judged on, which flatters it; "
               "--val FILE\nchooses it on other rows.\n");
}

static void remark(void *context, const char *text)
{
    meter_end(context);
    fprintf(stderr, "skiff eval: %s\n", text);
}

static void show_rows(void *context, uint64_t done, uint64_t total)
{
    struct meter *m = context;
    m->unit = "rows";
    meter_show(m, done, total);
}

static void show_resamples(void *context, uint64_t done, uint64_t total)
{
    struct meter *m = context;
    m->unit = "resamples";
    meter_show(m, done, total);
}

int eval_model(const struct eval_options *o, const char *model, const char *data, struct error *e)
{
    struct meter meter;
    const struct eval_job job = {
        .run = {model, (size_t)o->threads, (enum gemm_choice)o->gemm},
        .data = {.path = data,
                 .keys = {.part = cmd_part(o->part), .x = o->x_key, .y = o->y_key},
                 .keys_given = true},
        .val = o->val,
        .rule = o->rule,
        .threshold = o->value,
        .threshold_given = o->threshold_given,
        .resamples = (size_t)o->bootstrap,
        .seed = o->seed,
        .curves = o->curves,
        .listener = {remark, &meter},
        .rows = show_rows,
        .resampled = show_resamples,
        .context = &meter,
    };
    struct eval_result result;
    signal(SIGBUS, cmd_lost_page);
    meter_init(&meter, "rows", false);
    int rc = eval_job(&job, &result, e);
    meter_end(&meter);
    if (rc)
        return rc;
    if (o->json)
        rc = eval_print_json(eval_result_json(&result), e);
    else
        print_result(&job, &result);
    eval_result_clear(&result);
    return rc;
}
