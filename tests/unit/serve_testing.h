// SPDX-License-Identifier: MIT
// Models for the tests of requests, and a question to one with the answer that must come.
#ifndef SKIFF_TESTS_SERVE_TESTING_H
#define SKIFF_TESTS_SERVE_TESTING_H

#include "prep_testing.h"

#include "base/file.h"
#include "job/predict_job.h"
#include "serve/invoke.h"

// A model with drawn weights as <name>; `prep` may be NULL, then it takes `inputs` features.
static inline void serve_model(const char *name, const struct net_spec *like,
                               const struct prep *prep)
{
    static const struct opt_sizes hidden = {.count = 2, .value = {64, 32}}; // enough to be shared
    const struct model_meta meta = {"1.2.3", 0, "tanh"};
    struct net_spec spec = *like;
    struct net net;
    struct rng rng;
    struct error e = {0};
    spec.hidden = &hidden;
    spec.act = ACT_TANH;
    spec.inputs = prep ? prep->features : like->inputs;
    CHECK_OK(net_init(&net, &spec, &e), e);
    float *params = mem_aligned(net.size, sizeof *params);
    assert_non_null(params);
    rng_seed(&rng, 3);
    CHECK_OK(net_draw_weights(&net, &rng, params, &e), e);
    CHECK_OK(model_write_npz(test_path(name), &net, params, &meta, prep, &e), e);
    mem_free(params);
}

static inline struct invoker *serve_open(const char *name, const struct invoker_spec *like)
{
    struct error e = {0};
    struct invoker_spec spec = like ? *like : (struct invoker_spec){0};
    spec.run.model = test_path(name);
    struct invoker *v = invoker_open(&spec, &e);
    if (!v)
        fail_msg("%s: %s", name, e.text);
    return v;
}

struct question {
    const char *type, *accept, *body;
    size_t size; // 0: body is a text
};

static inline void ask(struct invoker *v, const struct question *q, struct reply *r)
{
    const struct invocation in = {
        .content_type = q->type,
        .accept = q->accept,
        .body = (const unsigned char *)q->body,
        .size = q->size ? q->size : strlen(q->body),
    };
    invoke(v, &in, r);
}

// The answer is this text.
static inline void check_answer(struct invoker *v, const struct question *q, const char *want)
{
    struct reply r;
    ask(v, q, &r);
    if (r.status != 200 || strcmp(r.body.data ? r.body.data : "", want) != 0)
        fail_msg("'%.200s' (%s): %d '%s', not '%s'", q->body, q->type ? q->type : "no type",
                 r.status, r.body.data ? r.body.data : "", want);
    buf_clear(&r.body);
}

// Refused with this status, in one line that holds `what`.
static inline void check_refusal(struct invoker *v, const struct question *q, int status,
                                 const char *what)
{
    struct reply r;
    ask(v, q, &r);
    const char *text = r.body.data ? r.body.data : "";
    const char *const end = strchr(text, '\n');
    if (r.status != status || !strstr(text, what) || !end || end[1])
        fail_msg("'%.200s': %d '%s', not %d with '%s'", q->body, r.status, text, status, what);
    assert_string_equal(r.type, "text/plain; charset=utf-8");
    buf_clear(&r.body);
}

// With each allocation failing in turn, with all behind it or alone: refused for memory, or the
// whole answer, until there are no more.
static inline void check_failing_answer(struct invoker *v, const struct question *q)
{
    struct reply whole, r;
    ask(v, q, &whole);
    assert_int_equal(whole.status, 200);
    for (int sign = 1; sign >= -1; sign -= 2)
        for (long n = 1, made = 1; made >= n - 1; n++) {
            mem_fail_at(sign * n);
            ask(v, q, &r);
            made = mem_fail_at(0);
            if (r.status != 507 && (r.status != 200 || r.body.len != whole.body.len ||
                                    memcmp(r.body.data, whole.body.data, r.body.len) != 0))
                fail_msg("'%.200s': allocation %ld fails: %d '%s'", q->body, sign * n, r.status,
                         r.body.data ? r.body.data : "");
            buf_clear(&r.body);
        }
    buf_clear(&whole.body);
}

// What skiff predict says about a file, as columns `first` and on, without the last `drop`, of its
// CSV: lines with a newline between them.
static inline void predicted(const char *model, const char *data, size_t first, size_t drop,
                             struct buf *out)
{
    struct error e = {0};
    bool stopped;
    struct buf text;
    char path[2][256];
    snprintf(path[0], 256, "%s", test_path(model));
    snprintf(path[1], 256, "%s", test_path(data));
    const char *const answers = test_path("p.csv");
    const struct predict_job job = {.run = {.model = path[0], .threads = 2},
                                    .data.path = path[1],
                                    .threshold = 0.5,
                                    .out = answers};
    CHECK_OK(predict_job(&job, &stopped, &e), e);
    buf_init(&text, 1 << 24);
    CHECK_OK(file_read_all(answers, 1 << 24, &text, &e), e);
    buf_init(out, 1 << 24);
    for (char *line = strchr(text.data, '\n') + 1, *next; *line; line = next) {
        char *end = strchr(line, '\n');
        next = end + 1;
        for (size_t i = 0; i < first; i++)
            line = strchr(line, ',') + 1;
        for (size_t i = 0; i < drop; i++)
            while (*--end != ',')
                ;
        buf_puts(out, out->len ? "\n" : "");
        buf_append(out, line, (size_t)(end - line));
    }
    buf_clear(&text);
}

static inline void write_text(const char *name, const char *text)
{
    struct error e = {0};
    CHECK_OK(file_write_all(test_path(name), text, strlen(text), &e), e);
}

#endif
