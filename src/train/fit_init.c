// SPDX-License-Identifier: MIT
// Everything that a run needs, allocated before the first step.
#include "train/fit.h"

#include "base/crc.h"
#include "base/mem.h"
#include "dist/dist_rows.h"
#include "dist/dist_sum.h"
#include "model/model_file.h"
#include "train/fit_slice.h"
#include "train/ranks.h"

#include <string.h>

// Weights that make every class count the same: n / (classes * rows of the class), as
// scikit-learn's "balanced". A class without rows gets 0: nothing will ask for it.
static int balance_classes(struct fit *f, struct error *e)
{
    const size_t classes = f->net->outputs == 1 ? 2 : f->net->outputs;
    f->class_weight = mem_array(classes, sizeof *f->class_weight);
    uint64_t *rows = mem_array(classes, sizeof *rows);
    int rc = f->class_weight && rows ? 0 : error_nomem(e, "class weights");
    size_t present = 0;
    for (size_t i = 0; rc == 0 && i < f->train->n; i++)
        present += rows[(size_t)f->train->y[i]]++ == 0;
    for (size_t c = 0; rc == 0 && c < classes; c++)
        if (rows[c])
            f->class_weight[c] = (float)((double)f->train->n / ((double)present * (double)rows[c]));
    mem_free(rows);
    return rc;
}

// The seed's stream begins with the weights, as building the layers after torch.manual_seed does.
// Weights from a file replace them, and the stream goes on from the same place.
int fit_restart(struct fit *f, struct error *e)
{
    const struct train_config *c = f->config;
    f->state = (struct fit_state){0};
    f->history.count = 0;
    f->optim.step = 0;
    memset(f->params, 0, f->part->size * sizeof *f->params); // the padding too
    memset(f->optim.state, 0, f->optim.states * f->part->size * sizeof *f->optim.state);
    rng_seed(&f->state.rng, (uint64_t)c->seed);
    if (f->slice)
        return fit_slice_start(f, e);
    int rc = net_draw_weights(f->net, &f->state.rng, f->params, e);
    if (rc == 0 && c->init)
        rc = model_read_weights(c->init, f->net, f->params, e);
    if (rc == 0 && c->init) {
        f->init_digest = crc_update(0, f->params, f->part->size * sizeof *f->params);
        target_scale_unfold(&f->scale, f->net, f->params);
    }
    return rc;
}

static int allocate(struct fit *f, struct error *e)
{
    const size_t size = f->part->size;
    f->params = mem_aligned(size, sizeof *f->params);
    f->best = mem_aligned(f->keep_best ? size : 0, sizeof *f->best);
    f->order = mem_array(f->shuffle ? f->train->n : 0, sizeof *f->order);
    f->val_pred = mem_array(f->val ? f->val->n * f->net->outputs : 0, sizeof *f->val_pred);
    if (!f->params || !f->best || !f->order || !f->val_pred)
        return error_nomem(e, "parameters");
    int rc = optim_init(&f->optim, f->config, f->kern, size, e);
    f->optim.team = f->team;
    if (rc == 0)
        rc = history_reserve(&f->history, 64, e);
    return rc;
}

// Batches whose gradients are accumulated are one batch of all their rows, of which only the
// dropout masks are drawn batch by batch. It ends with the epoch.
static void resolve_batch(struct fit *f)
{
    const int64_t asked = f->config->batch_size;
    const size_t n = f->train->n, accumulate = (size_t)f->config->accumulate;
    const bool full = asked == 0 || (asked == BATCH_SIZE_AUTO && n <= BATCH_FULL_ROWS);
    const size_t size = asked == BATCH_SIZE_AUTO ? BATCH_DEFAULT : (size_t)asked;
    f->shuffle = !full;
    f->drawn_rows = full || size > n ? n : size;
    f->batch_size = f->drawn_rows > n / accumulate ? n : f->drawn_rows * accumulate;
}

static int scale_targets(struct fit *f, struct error *e)
{
    const int rc = target_scale_init(&f->scale, f->train, e);
    if (rc)
        return rc;
    f->train_y = target_scale_apply(&f->scale, f->train);
    f->val_y = f->val ? target_scale_apply(&f->scale, f->val) : NULL;
    return f->train_y && (f->val_y || !f->val) ? 0 : error_nomem(e, "scaled targets");
}

// What the options ask for and the task, once it is known, does not have.
static int check_task(const struct fit *f, struct error *e)
{
    const char *task = net_task_name(f->net->task);
    if (!history_has_column(f->net->task, f->val != NULL, f->monitor))
        return error_set(e, ERR_USAGE, "--monitor %s: a %s run has no such column",
                         history_column_name(f->monitor), task);
    if (f->config->class_weight == CLASS_WEIGHT_BALANCED && f->net->task == TASK_REGRESSION)
        return error_set(e, ERR_USAGE, "--class_weight balanced: is for classes, not for %s", task);
    if (f->config->scale_target == TARGET_SCALE_STANDARD && f->net->task != TASK_REGRESSION)
        return error_set(e, ERR_USAGE, "--scale_target standard: is for amounts; this is a %s run",
                         task);
    return 0;
}

static struct plan_spec plan_spec(struct fit *f)
{
    return (struct plan_spec){.net = f->net,
                              .train_rows = f->batch_size,
                              .drawn_rows = f->drawn_rows,
                              .predict_rows = f->val ? f->val->n : 0,
                              .threads = f->threads,
                              .team = f->team,
                              .gemm = f->gemm,
                              .pieces = f->pieces.count > 0 ? &f->pieces : NULL,
                              .aside = f->dist ? ranks_aside : NULL,
                              .context = f};
}

// Everything is touched as soon as it is there, so what is beyond this machine would be killed, not
// refused. Four blocks: parameters, the best ones, two of optimizer state. Ranks that share a
// machine have the same needs, but for a file that is mapped.
static double bytes_needed(struct fit *f)
{
    const struct plan_spec spec = plan_spec(f);
    const double data =
        (double)dataset_bytes(f->train) + (f->val ? (double)dataset_bytes(f->val) : 0);
    return 4.0 * sizeof(float) * (double)f->part->size + plan_bytes(&spec) + ranks_bytes(f) + data;
}

static int check_memory(struct fit *f, struct error *e)
{
    size_t ranks;
    const double bytes = bytes_needed(f), memory = (double)dist_memory(f->dist, &ranks);
    if (memory == 0 || bytes * (double)ranks < memory)
        return 0;
    if (ranks > 1)
        return error_set(e, ERR_LIMIT,
                         "a network of %.3g parameters needs %.3g GB to train in each of %zu "
                         "ranks, which share the %.3g GB of their machine; choose smaller --hidden "
                         "layers, fewer --threads or fewer ranks",
                         (double)f->net->parameters, bytes / 1e9, ranks, memory / 1e9);
    return error_set(e, ERR_LIMIT,
                     "a network of %.3g parameters needs %.3g GB to train and this machine has "
                     "%.3g GB; choose smaller --hidden layers or fewer --threads",
                     (double)f->net->parameters, bytes / 1e9, memory / 1e9);
}

static int make_plan(struct fit *f, struct error *e)
{
    const struct plan_spec spec = plan_spec(f);
    pace_init(&f->pace, f->team ? f->threads : 1);
    if (f->slice)
        return fit_slice_plan(f, e);
    f->plan = plan_new(&spec, f->kern, e);
    return f->plan ? 0 : error_code(e);
}

static void digest(struct fit *f)
{
    f->train_digest = dataset_digest(f->train);
    f->val_digest = f->val ? dataset_digest(f->val) : 0;
}

int fit_init(struct fit *f, const struct fit_spec *spec, struct error *e)
{
    *f = (struct fit){
        .config = spec->config,
        .net = spec->net,
        .kern = spec->kern,
        .train = spec->train,
        .val = spec->val,
        .hooks = spec->hooks,
        .threads = spec->threads,
        .team = spec->team,
        .gemm = spec->gemm,
        .dist = spec->dist,
        .part = spec->net,
    };
    resolve_batch(f);
    dist_sum_cut(f->dist, f->net, &f->pieces);
    f->monitor = monitor_column((enum monitor)f->config->monitor, f->val != NULL);
    f->keep_best = f->config->restore_best;
    int rc = check_task(f, e);
    if (rc == 0 && f->config->parallel == PARALLEL_MODEL)
        rc = fit_slice_init(f, e);
    else if (rc == 0)
        rc = check_memory(f, e);
    if (rc == 0)
        rc = allocate(f, e);
    if (rc == 0 && f->config->class_weight == CLASS_WEIGHT_BALANCED)
        rc = balance_classes(f, e);
    if (rc == 0 && spec->scale_targets)
        rc = scale_targets(f, e);
    if (rc == 0)
        rc = make_plan(f, e);
    if (rc == 0)
        rc = ranks_init(f, e);
    if (rc == 0)
        rc = fit_restart(f, e);
    if (rc) {
        fit_clear(f);
        return rc;
    }
    if (f->config->checkpoint_dir || f->dist)
        digest(f);
    schedule_init(&f->schedule, f->config, optim_momentum(&f->optim),
                  (f->train->n + f->batch_size - 1) / f->batch_size);
    return 0;
}

void fit_clear(struct fit *f)
{
    plan_free(f->plan);
    dist_rows_free(f->rows);
    fit_slice_free(f->slice);
    mem_free(f->resumed);
    dist_sum_free(f->sum);
    optim_clear(&f->optim);
    history_clear(&f->history);
    score_clear(&f->score);
    mem_free(f->params);
    mem_free(f->best);
    mem_free(f->order);
    mem_free(f->val_pred);
    mem_free(f->class_weight);
    target_scale_clear(&f->scale);
    mem_free(f->train_y);
    mem_free(f->val_y);
    *f = (struct fit){0};
}

bool fit_uses_blas(const struct fit *f)
{
    return f->slice ? fit_slice_uses_blas(f) : plan_uses_blas(f->plan);
}
