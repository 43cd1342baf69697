// SPDX-License-Identifier: MIT
// Requests from arbitrary bytes: the first byte says of which type, in what type the answer is to
// be, and whether the model carries a preparation. Whatever comes is a reply: as many rows as the
// body is found to have, or one line that says why not.
#include "fuzz.h"

#include "base/mem.h"
#include "serve/invoke.h"

#include <unistd.h>

static void fit(struct prep *p)
{
    static const char text[] = "n,a,b,c,y\n1,1,red,True,u\n2,,blue,False,v\n3,4,red,True,w\n";
    static const struct prep_rules rules = {
        .target = "y",
        .features = "a,b,c",
        .encode = "b=onehot",
        .scale = "standard",
        .fill = "c=most_frequent",
        .unseen = "zero",
    };
    struct frame f;
    must(frame_read_memory(&f, "fit", text, strlen(text), &(struct frame_options){0}, NULL) == 0);
    must(prep_fit(p, &(struct prep_fit){.frame = &f, .rules = &rules, .rows = f.rows}, NULL) == 0);
    frame_clear(&f);
}

// A file, for that is where models come from; gone once it is open.
static struct invoker *make_model(const struct prep *prep)
{
    static const struct opt_sizes hidden = {.count = 1, .value = {5}};
    const struct net_spec spec = {
        prep ? prep->features : 3, 3, &hidden, ACT_RELU, 0, TASK_MULTICLASS};
    const struct model_meta meta = {"1", 0, "relu"};
    char path[] = "/tmp/fuzz-bodies-XXXXXX";
    struct net net;
    struct rng rng;
    must(net_init(&net, &spec, NULL) == 0);
    float *params = mem_aligned(net.size, sizeof *params);
    rng_seed(&rng, 1);
    must(params && net_draw_weights(&net, &rng, params, NULL) == 0);
    const int fd = mkstemp(path);
    must(fd >= 0 && model_write_npz(path, &net, params, &meta, prep, NULL) == 0);
    struct invoker *v = invoker_open(&(struct invoker_spec){.run.model = path}, NULL);
    must(v != NULL);
    unlink(path);
    close(fd);
    mem_free(params);
    return v;
}

static struct invoker *model(bool raw)
{
    static struct invoker *made[2];
    struct prep prep;
    if (made[raw])
        return made[raw];
    if (raw)
        fit(&prep);
    made[raw] = make_model(raw ? &prep : NULL);
    if (raw)
        prep_clear(&prep);
    return made[raw];
}

static void check_reply(const struct reply *r)
{
    const char *const text = r->body.data ? r->body.data : "";
    const char *const end = strchr(text, '\n');
    must(r->status == 200 || r->status == 204 || r->status == 400 || r->status == 413);
    must(r->status != 204 || r->body.len == 0);
    must(r->status < 400 || (end && !end[1] && end > text));
    must(!r->body.failed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const types[] = {"text/csv",
                                        "application/json",
                                        "application/jsonlines",
                                        "application/x-npy",
                                        "application/x-npz",
                                        "text/libsvm",
                                        "text/csv",
                                        "application/x-recordio-protobuf"};
    static const char *const answers[] = {"text/csv", "application/json", "application/jsonlines",
                                          "application/x-npy"};
    if (size == 0)
        return 0;
    const struct invocation in = {.content_type = types[data[0] & 7],
                                  .accept = answers[data[0] >> 3 & 3],
                                  .body = data + 1,
                                  .size = size - 1};
    struct reply r, again;
    struct invoker *v = model(data[0] & 32);
    invoke(v, &in, &r);
    check_reply(&r);
    invoke(v, &in, &again);
    must(r.status == again.status && r.body.len == again.body.len);
    must(r.body.len == 0 || memcmp(r.body.data, again.body.data, r.body.len) == 0);
    buf_clear(&r.body);
    buf_clear(&again.body);
    return 0;
}
