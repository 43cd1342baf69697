// SPDX-License-Identifier: MIT
// Models that come and go: names and paths, the list and its pages, one that is taken out while it
// predicts, a bound on memory, many threads at once, requests and their statuses, faults of memory.
#include "serve_testing.h"

#include "serve/endpoint.h"

#include <pthread.h>

static char folder[256], a_url[300]; // test_path and url_of give buffers that are used again

static struct models *begin(size_t memory)
{
    struct error e = {0};
    const struct models_spec spec = {.folder = folder, .memory = memory};
    struct models *m = models_new(&spec, &e);
    if (!m)
        fail_msg("%s", e.text);
    return m;
}

static const char *url_of(const char *name)
{
    static char url[512];
    snprintf(url, sizeof url, "%s/%s", folder, name);
    return url;
}

static void load(struct models *m, const char *name, const char *file)
{
    struct error e = {0};
    CHECK_OK(models_load(m, name, url_of(file), &e), e);
}

static int make_model(void **state)
{
    static const struct net_spec binary = {.inputs = 3, .outputs = 1, .task = TASK_BINARY};
    if (test_folder_make(state))
        return -1;
    serve_model("a.npz", &binary, NULL);
    snprintf(folder, sizeof folder, "%s", test_path("a.npz"));
    *strrchr(folder, '/') = '\0';
    snprintf(a_url, sizeof a_url, "%s/a.npz", folder);
    json_use_memory();
    return 0;
}

// ---- what may be loaded ----

static void names_and_paths(void **state)
{
    (void)state;
    static char long_name[MODELS_NAME_MAX + 2], long_path[MODELS_URL_MAX + 2];
    memset(long_name, 'n', MODELS_NAME_MAX + 1);
    memset(long_path, 'p', MODELS_URL_MAX + 1);
    const struct {
        const char *name, *url, *what;
        int code;
    } bad[] = {
        {"", a_url, "model_name", ERR_USAGE},     {"a/b", a_url, "model_name", ERR_USAGE},
        {"a\nb", a_url, "model_name", ERR_USAGE}, {long_name, a_url, "model_name", ERR_USAGE},
        {"x", "a.npz", "below", ERR_USAGE},       {"x", "", "below", ERR_USAGE},
        {"x", folder, "below", ERR_USAGE},        {"x", "/etc/passwd", "below", ERR_USAGE},
        {"x", long_path, "below", ERR_USAGE},
    };
    const char *const ways_out[] = {"..", "../a.npz", "./..", "b/../../a.npz", "b/.."};
    struct models *m = begin(SIZE_MAX);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error e = {0};
        const char *const url = strcmp(bad[i].what, "below") ? a_url : bad[i].url;
        check_refused(models_load(m, bad[i].name, url, &e), bad[i].code, &e, bad[i].what);
    }
    for (size_t i = 0; i < sizeof ways_out / sizeof *ways_out; i++) {
        struct error e = {0};
        check_refused(models_load(m, "x", url_of(ways_out[i]), &e), ERR_USAGE, &e, "below");
    }
    struct error e = {0};
    check_refused(models_load(m, "x", url_of("..a.npz"), &e), ERR_IO, &e, "cannot open");
    assert_false(models_unload(m, "x"));
    long_name[MODELS_NAME_MAX] = '\0';
    load(m, long_name, "./a.npz");
    load(m, "x", "a.npz"); // after it has failed
    assert_int_equal(models_load(m, "x", a_url, NULL), MODELS_THERE);
    assert_true(models_unload(m, "x"));
    load(m, "x", "a.npz");
    models_free(m);
}

// At once, not when the first model comes.
static void words_that_no_model_takes(void **state)
{
    (void)state;
    const struct {
        struct invoker_spec like;
        int code;
        const char *what;
    } bad[] = {{{.accept = "text/html"}, ERR_UNSUPPORTED, "Accept 'text/html'"},
               {{.output = "labels,colour"}, ERR_USAGE, "output 'colour'"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error e = {0};
        assert_null(models_new(&(struct models_spec){.like = bad[i].like, .folder = folder}, &e));
        check_refused(e.code, bad[i].code, &e, bad[i].what);
    }
}

static void unloaded_while_it_predicts(void **state)
{
    (void)state;
    struct models *m = begin(SIZE_MAX);
    load(m, "a", "a.npz");
    struct model_entry *first = models_take(m, "a"), *second = models_take(m, "a");
    assert_true(models_unload(m, "a"));
    assert_null(models_take(m, "a"));
    load(m, "a", "a.npz"); // another of this name
    struct reply want;
    ask(model_invoker(first), &(struct question){NULL, NULL, "1,2,3", 0}, &want);
    models_leave(m, first);
    check_answer(model_invoker(second), &(struct question){NULL, NULL, "1,2,3", 0}, want.body.data);
    models_leave(m, second);
    buf_clear(&want.body);
    models_free(m);
}

static void memory_is_bounded(void **state)
{
    (void)state;
    struct models *m = begin(SIZE_MAX);
    load(m, "a", "a.npz");
    struct model_entry *entry = models_take(m, "a");
    const size_t bytes = invoker_bytes(model_invoker(entry));
    models_leave(m, entry);
    models_free(m);
    assert_true(bytes > 10000);
    m = begin(2 * bytes);
    load(m, "a", "a.npz");
    load(m, "b", "a.npz");
    for (int i = 0; i < 2; i++) {
        struct error e = {0};
        check_refused(models_load(m, "c", a_url, &e), ERR_NOMEM, &e, "unload others");
    }
    entry = models_take(m, "a");
    assert_true(models_unload(m, "a"));
    struct error e = {0};
    check_refused(models_load(m, "c", a_url, &e), ERR_NOMEM, &e, "unload others");
    models_leave(m, entry); // now it is gone
    load(m, "c", "a.npz");
    models_free(m);
}

// ---- requests ----

static struct http_reply request(struct models *m, const char *method, const char *path,
                                 const char *page, const char *body)
{
    struct endpoint end = {.models = m, .workers = 1};
    const struct http_request r = {.method = method,
                                   .path = path,
                                   .page = page,
                                   .body = body,
                                   .size = body ? strlen(body) : 0};
    struct http_reply reply = {0};
    buf_init(&reply.body, SIZE_MAX);
    endpoint_head(&end, &r, &reply);
    if (!reply.status)
        endpoint_work(&end, &r, 0, &reply);
    return reply;
}

// The status; and the body, which must have `what`, if given.
static void check_request(struct models *m, const char *line, const char *body, unsigned status,
                          const char *what)
{
    char method[16] = "", path[400] = "", page[300] = "";
    sscanf(line, "%15s %399[^?]?%299s", method, path, page);
    struct http_reply r = request(m, method, path, *page ? page : NULL, body);
    const char *const said = r.body.data ? r.body.data : "";
    if (r.status != status || (what && !strstr(said, what)))
        fail_msg("%s: %u '%s', not %u with '%s'", line, r.status, said, status, what ? what : "");
    if (status >= 400 && (!strchr(said, '\n') || strchr(said, '\n')[1]))
        fail_msg("%s: not one line: '%s'", line, said);
    buf_clear(&r.body);
}

static const char *load_body(const char *name, const char *file)
{
    static char body[1024];
    snprintf(body, sizeof body, "{\"model_name\": \"%s\", \"url\": \"%s\"}", name, url_of(file));
    return body;
}

static void requests_and_statuses(void **state)
{
    (void)state;
    struct models *m = begin(SIZE_MAX);
    static const char *const bad[] = {"",
                                      "x",
                                      "[]",
                                      "{}",
                                      "{\"model_name\": \"a\"}",
                                      "{\"model_name\": 1, \"url\": \"/a\"}",
                                      "{\"model_name\": \"a\", \"url\": null}",
                                      "{\"model_name\": \"a\", \"model_name\": \"b\"}",
                                      "{\"model_name\": \"\\u0000\", \"url\": \"/a\"}",
                                      "{\"model_name\": \"\xff\", \"url\": \"/a\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_request(m, "POST /models", bad[i], 400, NULL);
    check_request(m, "GET /models", NULL, 200, "\"models\": []");
    check_request(m, "POST /models", load_body("a", "none.npz"), 500, "cannot open");
    check_request(m, "POST /models", load_body("a", "a.npz"), 200, NULL);
    check_request(m, "POST /models", load_body("a", "a.npz"), 409, "DELETE it first");
    check_request(m, "GET /models", NULL, 200, "\"modelName\": \"a\"");
    check_request(m, "GET /models/a", NULL, 200, a_url);
    check_request(m, "POST /models/a/invoke", "1,2,3\n", 200, NULL);
    check_request(m, "POST /models/a/invoke", "1,2\n", 400, "2 columns in row 1");
    check_request(m, "POST /models/b/invoke", "1,2,3\n", 404, "no model 'b'");
    check_request(m, "GET /models/b", NULL, 404, "no model 'b'");
    check_request(m, "DELETE /models/b", NULL, 404, "no model 'b'");
    check_request(m, "PUT /models/b", NULL, 405, "GET, DELETE");
    check_request(m, "DELETE /models", NULL, 405, "GET, POST");
    check_request(m, "POST /invocations", "1,2,3\n", 404, "/models/NAME/invoke");
    static const char *const unknown[] = {"/models/",    "/models//invoke",   "/models/a/",
                                          "/models/a/b", "/models/a/invoke/", "/model",
                                          "/modelsa"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        struct http_reply r = request(m, "GET", unknown[i], NULL, NULL);
        assert_int_equal(r.status, 404);
        buf_clear(&r.body);
    }
    check_request(m, "GET /ping", NULL, 200, NULL);
    check_request(m, "DELETE /models/a", NULL, 200, NULL);
    check_request(m, "DELETE /models/a", NULL, 404, NULL);
    models_free(m);
}

// Without models in the way; a name of any length is looked for.
static void one_model_has_no_list(void **state)
{
    (void)state;
    check_request(NULL, "GET /models", NULL, 404, "/invocations");
    struct models *m = begin(SIZE_MAX);
    char line[400] = "GET /models/";
    memset(line + strlen(line), 'x', 300);
    check_request(m, line, NULL, 404, "no model 'xxx");
    models_free(m);
}

// Every model is on one page, whatever comes and goes between two.
static void pages_of_a_list(void **state)
{
    (void)state;
    enum { MODELS = 2 * MODELS_PAGE + 1 };
    struct models *m = begin(SIZE_MAX);
    char name[16], token[16] = "";
    for (int i = 0; i < MODELS; i++) {
        snprintf(name, sizeof name, "m%03d", (i * 7) % MODELS);
        load(m, name, "a.npz");
    }
    for (int page = 0, seen = 0; page < 3; page++) {
        bool failed = false;
        json_t *list = models_list(m, *token ? token : NULL, &failed);
        const json_t *const models = json_object_get(list, "models");
        assert_false(failed);
        assert_int_equal(json_array_size(models), page < 2 ? MODELS_PAGE : 1);
        for (size_t i = 0; i < json_array_size(models); i++, seen++) {
            snprintf(name, sizeof name, "m%03d", seen);
            assert_string_equal(json_member_text(json_array_get(models, i), "modelName"), name);
        }
        const char *const next = json_member_text(list, "nextPageToken");
        assert_true((next != NULL) == (page < 2));
        snprintf(token, sizeof token, "%s", next ? next : "");
        if (page == 0)
            assert_true(models_unload(m, token)); // the token's own
        json_decref(list);
    }
    models_free(m);
}

// ---- at once ----

#define THREADS 4

static void *come_and_go(void *context)
{
    struct models *m = context;
    for (int i = 0; i < 60; i++) {
        const char *const name = i % 3 ? "a" : "b";
        const int rc = models_load(m, name, a_url, NULL);
        if (rc && rc != MODELS_THERE)
            return "not loaded";
        struct model_entry *entry = models_take(m, name);
        if (entry) {
            struct reply r;
            ask(model_invoker(entry), &(struct question){NULL, NULL, "1,2,3", 0}, &r);
            buf_clear(&r.body);
            models_leave(m, entry);
            if (r.status != 200)
                return "not predicted";
        }
        models_unload(m, name);
    }
    return NULL;
}

static void many_at_once(void **state)
{
    (void)state;
    struct models *m = begin(SIZE_MAX);
    pthread_t thread[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, come_and_go, m), 0);
    for (int i = 0; i < THREADS; i++) {
        void *complaint;
        pthread_join(thread[i], &complaint);
        if (complaint)
            fail_msg("%s", (const char *)complaint);
    }
    check_request(m, "GET /models", NULL, 200, "\"models\": []");
    models_free(m);
}

// ---- memory ----

// 507, or done, whatever fails; and then the same is done.
static void fail_each(struct models *m, const char *line, const char *body)
{
    for (int sign = 1; sign >= -1; sign -= 2)
        for (long n = 1, made = 1; made >= n - 1; n++) {
            char method[16], path[64];
            sscanf(line, "%15s %63s", method, path);
            mem_fail_at(sign * n);
            struct http_reply r = request(m, method, path, NULL, body);
            made = mem_fail_at(0);
            if (r.status != 200 && r.status != 507)
                fail_msg("%s: allocation %ld fails: %u '%s'", line, sign * n, r.status,
                         r.body.data ? r.body.data : "");
            if (strcmp(line, "POST /models") == 0)
                assert_int_equal(models_unload(m, "f"), r.status == 200);
            buf_clear(&r.body);
        }
}

static void failing_memory(void **state)
{
    (void)state;
    struct models *m = begin(SIZE_MAX);
    load(m, "a", "a.npz");
    fail_each(m, "POST /models", load_body("f", "a.npz"));
    fail_each(m, "GET /models", NULL);
    fail_each(m, "GET /models/a", NULL);
    fail_each(m, "POST /models/a/invoke", "1,2,3\n");
    models_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_paths),
        cmocka_unit_test(words_that_no_model_takes),
        cmocka_unit_test(unloaded_while_it_predicts),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(requests_and_statuses),
        cmocka_unit_test(one_model_has_no_list),
        cmocka_unit_test(pages_of_a_list),
        cmocka_unit_test(many_at_once),
        cmocka_unit_test(failing_memory),
    };
    return cmocka_run_group_tests(tests, make_model, test_folder_remove);
}
