// SPDX-License-Identifier: MIT
// Rows are judged once; what is kept of them are predictions and labels (judged.h), from which the
// threshold, metrics, intervals and curves come. A rule that chooses the threshold on --val has
// those judged too, so that the rows asked for have no say in it.
#include "job/eval_job.h"

#include "base/mem.h"
#include "io/json.h"
#include "job/judged.h"
#include "train/curves_json.h"
#include "train/metrics_json.h"

struct state {
    const struct eval_job *job;
    struct eval_result *result;
};

static int judge_rows(struct judged *j, const struct state *s, const struct model_run *run,
                      const struct model_data *data, struct error *e)
{
    const struct eval_job *job = s->job;
    const struct judged_hooks hooks = {job->listener, job->rows, job->context};
    return judge(j, run, data, &hooks, e);
}

static struct metrics_rows rows_of(const struct judged *j, size_t outputs)
{
    return (struct metrics_rows){.n = j->n, .ld = outputs, .f32 = j->pred};
}

static int choose_threshold(const struct state *s, const struct model_run *run,
                            const struct judged *data, struct error *e)
{
    const struct eval_job *job = s->job;
    s->result->threshold = job->threshold;
    if (job->rule == THRESHOLD_GIVEN)
        return 0;
    struct judged val = {0};
    const struct judged *from = data;
    int rc = 0;
    if (job->val) {
        const struct model_data rows = {
            .path = job->val,
            .keys = {.part = "val", .x = job->data.keys.x, .y = job->data.keys.y}};
        rc = judge_rows(&val, s, run, &rows, e);
        from = &val;
    }
    if (rc == 0) {
        const struct metrics_rows rows = rows_of(from, 1);
        rc = threshold_choose(&s->result->threshold, job->rule, &rows, from->y, e);
        error_prefix(e, rc, "%s", from->path);
    }
    judged_clear(&val);
    return rc;
}

static int measure(const struct state *s, const struct net *net, const struct judged *j,
                   struct error *e)
{
    struct eval_result *r = s->result;
    const struct metrics_rows rows = rows_of(j, net->outputs);
    if (net->task != TASK_BINARY)
        return score_measure(&r->score, net, j->n, j->pred, j->y, e);
    return metrics_binary(&r->score.binary, &r->score.work, &rows, j->y, r->threshold, e);
}

static int resample(const struct state *s, const struct model_run *run, const struct judged *j,
                    struct error *e)
{
    const struct net *net = &run->model.net;
    struct bootstrap *b = &s->result->bootstrap;
    const struct bootstrap_spec spec = {
        .resamples = s->job->resamples,
        .seed = s->job->seed,
        .threads = run->threads,
        .team = run->team,
        .show = s->job->resampled,
        .context = s->job->context,
    };
    const struct metrics_rows rows = rows_of(j, net->outputs);
    const struct metrics_rows truth = {.n = j->n, .ld = net->outputs, .f32 = j->y};
    if (spec.resamples == 0)
        return 0;
    metrics_work_clear(&s->result->score.work); // of the sort; draws need as much
    switch (net->task) {
    case TASK_MULTICLASS:
        return bootstrap_multiclass(b, &spec, &rows, net->outputs, j->y, e);
    case TASK_REGRESSION:
        return bootstrap_regression(b, &spec, &rows, &truth, net->outputs, e);
    default:
        return bootstrap_binary(b, &spec, &rows, j->y, s->result->threshold, e);
    }
}

static int draw_curves(const struct state *s, const struct net *net, const struct judged *j,
                       struct error *e)
{
    struct eval_result *r = s->result;
    const struct metrics_rows rows = rows_of(j, net->outputs);
    const struct curve_scores scores = {&rows, 0, j->y, 1};
    if (!s->job->curves)
        return 0;
    r->curves = net->task == TASK_MULTICLASS
                    ? curves_json_classes(&r->score.work, &rows, net->outputs, j->y, e)
                    : curves_json(&r->score.work, &scores, e);
    return r->curves ? 0 : error_code(e);
}

static int check_task(const struct eval_job *job, const struct model_run *run, struct error *e)
{
    const enum net_task task = run->model.net.task;
    if (job->curves && task == TASK_REGRESSION)
        return error_set(e, ERR_USAGE, "--curves: is for classes, and %s is a regression model",
                         run->path);
    if (!job->threshold_given || task == TASK_BINARY)
        return 0;
    return error_set(e, ERR_USAGE, "--threshold: is for binary models, and %s is a %s one",
                     run->path, net_task_name(task));
}

static int name_classes(struct eval_result *r, const struct prep *p, struct error *e)
{
    if (!p || !p->target.classes)
        return 0;
    r->class_name = mem_array(p->target.classes, sizeof *r->class_name);
    if (!r->class_name)
        return error_nomem(e, "names of classes");
    for (r->classes = 0; r->classes < p->target.classes; r->classes++) {
        r->class_name[r->classes] = mem_strdup(p->target.class_name[r->classes]);
        if (!r->class_name[r->classes])
            return error_nomem(e, "names of classes");
    }
    return 0;
}

static int work(struct model_run *run, void *context, struct error *e)
{
    const struct state *s = context;
    struct judged j = {0};
    s->result->task = run->model.net.task;
    s->result->rule = s->job->rule;
    int rc = check_task(s->job, run, e);
    if (rc == 0)
        rc = judge_rows(&j, s, run, &s->job->data, e);
    if (rc == 0)
        rc = name_classes(s->result, run->model.prep, e);
    if (rc == 0)
        rc = choose_threshold(s, run, &j, e);
    if (rc == 0) {
        s->result->loss = j.loss;
        rc = measure(s, &run->model.net, &j, e);
        error_prefix(e, rc, "%s", j.path);
    }
    if (rc == 0)
        rc = resample(s, run, &j, e);
    if (rc == 0)
        rc = draw_curves(s, &run->model.net, &j, e);
    judged_clear(&j);
    return rc;
}

int eval_job(const struct eval_job *job, struct eval_result *result, struct error *e)
{
    struct state s = {job, result};
    *result = (struct eval_result){0};
    const int rc = model_run(&job->run, work, &s, e);
    if (rc)
        eval_result_clear(result);
    return rc;
}

void eval_result_clear(struct eval_result *result)
{
    score_clear(&result->score);
    for (size_t i = 0; i < result->classes; i++)
        mem_free(result->class_name[i]);
    mem_free(result->class_name);
    json_decref(result->curves);
    *result = (struct eval_result){0};
}

static json_t *bootstrap_json(const struct bootstrap *b, bool *failed)
{
    json_t *root = json_object(), *intervals = json_object();
    json_put(root, "resamples", json_integer((json_int_t)b->resamples), failed);
    json_put(root, "seed", json_integer(b->seed), failed);
    json_put(root, "method", json_string("percentile"), failed);
    json_put(root, "level", json_real(BOOTSTRAP_LEVEL), failed);
    for (size_t i = 0; i < b->count; i++) {
        json_t *pair = json_array();
        json_push(pair, json_number_or_null(b->interval[i].low), failed);
        json_push(pair, json_number_or_null(b->interval[i].high), failed);
        json_put(intervals, b->interval[i].name, pair, failed);
    }
    json_put(root, "intervals", intervals, failed);
    return root;
}

static json_t *metrics_json(const struct eval_result *r)
{
    switch (r->task) {
    case TASK_MULTICLASS:
        return metrics_json_multiclass(&r->score.multiclass);
    case TASK_REGRESSION:
        return metrics_json_regression(&r->score.regression);
    default:
        return metrics_json_binary(&r->score.binary, r->threshold);
    }
}

json_t *eval_result_json(const struct eval_result *r)
{
    json_t *root = metrics_json(r);
    bool failed = root == NULL;
    json_put(root, "loss", json_number_or_null(r->loss), &failed);
    if (r->rule != THRESHOLD_GIVEN)
        json_put(root, "threshold_rule", json_string(r->rule == THRESHOLD_F1 ? "f1" : "youden"),
                 &failed);
    if (r->bootstrap.count)
        json_put(root, "bootstrap", bootstrap_json(&r->bootstrap, &failed), &failed);
    if (r->curves)
        json_put(root, "curves", json_incref(r->curves), &failed);
    if (!failed)
        return root;
    json_decref(root);
    return NULL;
}
