// SPDX-License-Identifier: MIT
// Local mode: Python's expressions, the description of a job, and what is written when memory or
// the disk fails.
#include "testing.h"

#include "base/file.h"
#include "io/json_read.h"
#include "io/tar.h"
#include "job/local_environment.h"
#include "job/local_job.h"
#include "job/local_metrics.h"

static void rewrites_expressions(void **state)
{
    (void)state;
    static const struct {
        const char *python, *posix;
        size_t group;
    } cases[] = {
        {"loss=([0-9\\.]+)", "loss=([0-9\\.]+)", 1},
        {"a(\\d+)", "a([0-9]+)", 1},
        {"(?:a|b)(c)", "(a|b)(c)", 2},
        {"x=(.*?);", "x=([^;]*);", 1},
        {"x=(.+?) ", "x=([^ ]+) ", 1},
        {".*\\[[0-9]+\\].*#011validation-auc:([-+]?[0-9]*\\.?[0-9]+(?:[eE][-+]?[0-9]+)?).*",
         ".*\\[[0-9]+\\].*#011validation-auc:([-+]?[0-9]*\\.?[0-9]+([eE][-+]?[0-9]+)?).*", 1},
        {"([\\d\\s\\w.]+)", "([0-9[:space:][:alnum:]_.]+)", 1},
        {"[]a](\\S)\\-", "[]a]([^[:space:]])-", 1},
        {"^(a)$", "^(a)$", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out;
        struct error e = {0};
        size_t group = 0;
        buf_init(&out, 1000);
        CHECK_OK(local_expression(cases[i].python, &out, &group, &e), e);
        if (strcmp(out.data, cases[i].posix) != 0 || group != cases[i].group)
            fail_msg("%s: %s, group %zu; expected %s, group %zu", cases[i].python, out.data, group,
                     cases[i].posix, cases[i].group);
        buf_clear(&out);
    }
}

static void refuses_expressions(void **state)
{
    (void)state;
    static const struct {
        const char *python, *message;
        int code;
    } cases[] = {
        {"loss", "has no group in ( )", ERR_USAGE},
        {"", "has no group", ERR_USAGE},
        {"(?:a)", "has no group", ERR_USAGE},
        {"(?P<n>a)", "'(?P' in an expression is Python's", ERR_UNSUPPORTED},
        {"(?=a)(b)", "'(?='", ERR_UNSUPPORTED},
        {"(?", "'(?'", ERR_UNSUPPORTED},
        {"\\b(a)", "'\\b'", ERR_UNSUPPORTED},
        {"(a)\\", "'\\'", ERR_UNSUPPORTED},
        {"(a)\\1", "'\\1'", ERR_UNSUPPORTED},
        {"(a+?)", "'+?'", ERR_UNSUPPORTED},
        {"(.*?)", "'.*?'", ERR_UNSUPPORTED},
        {"(.*?)[a]", "'.*?'", ERR_UNSUPPORTED},
        {"([a", "'[a'", ERR_UNSUPPORTED},
        {"([a\\]])", "'\\]'", ERR_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out;
        struct error e = {0};
        size_t group;
        buf_init(&out, 1000);
        check_refused(local_expression(cases[i].python, &out, &group, &e), cases[i].code, &e,
                      cases[i].message);
        buf_clear(&out);
    }
}

static json_t *list(const char *text)
{
    json_t *l = json_loads(text, 0, NULL);
    assert_non_null(l);
    return l;
}

static void finds_numbers(void **state)
{
    (void)state;
    struct local_metrics m;
    struct error e = {0};
    json_t *l = list("[{\"Name\":\"a\",\"Regex\":\"a=([0-9\\\\.]+)\"},"
                     "{\"Name\":\"b\",\"Regex\":\"b=(?:x|(-?\\\\S+))\"}]");
    CHECK_OK(local_metrics_init(&m, l, &e), e);
    static const char *const lines[] = {"a=1.5 a=9", "",      "a=7.2e-05", "a=.",
                                        "b=x",       "b=nan", "b=-2e1",    "a=0.5"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        local_metrics_look(&m, lines[i]);
    assert_int_equal(m.metric[0].found, 3);
    assert_true(m.metric[0].max == 7.2); // the trap that the program's own lines avoid
    assert_true(m.metric[0].last == 0.5 && m.metric[0].min == 0.5);
    assert_int_equal(m.metric[1].found, 1);
    assert_true(m.metric[1].last == -20);
    local_metrics_clear(&m);
    json_decref(l);
}

static void shows_lines_as_logs_do(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 100);
    local_log_line("a\tb\r\x7f\xc3\xbc", 7, &out);
    assert_string_equal(out.data, "a#011b#015#177\xc3\xbc");
    buf_clear(&out);
}

static void refuses_descriptions(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"{}", "needs TrainingJobName"},
        {"{\"TrainingJobName\":\"a\",\"InstanceType\":\"b\",\"InstanceCount\":0}",
         "InstanceCount of 1"},
        {"{\"TrainingJobName\":\"a\",\"InstanceType\":\"b\",\"InstanceCount\":101}", "of 1 to 100"},
        {"{\"TrainingJobName\":\"a\",\"InstanceType\":\"b\",\"InstanceCount\":1}",
         "'Pipes' must be a list"},
        {"{\"TrainingJobName\":\"a\",\"InstanceType\":\"b\",\"InstanceCount\":1,\"Pipes\":[\"a/"
         "b\"]}",
         "'Pipes' must be a list of names"},
        {"{\"TrainingJobName\":\"a\",\"InstanceType\":\"b\",\"InstanceCount\":1,\"Pipes\":[],"
         "\"MetricDefinitions\":[{\"Name\":1}]}",
         "needs a Name and a Regex"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct local_job j;
        struct error e = {0};
        check_refused(local_job_parse(&j, "x", cases[i][0], strlen(cases[i][0]), &e), ERR_FORMAT,
                      &e, cases[i][1]);
    }
}

static int parse_once(void *context, struct error *e)
{
    struct local_job j;
    struct local_metrics m;
    const char *text =
        "{\"TrainingJobName\":\"a\",\"InstanceType\":\"b\",\"InstanceCount\":12,"
        "\"Pipes\":[\"p\"],\"MetricDefinitions\":[{\"Name\":\"n\",\"Regex\":\"(a)\"}]}";
    (void)context;
    int rc = local_job_parse(&j, "x", text, strlen(text), e);
    if (rc)
        return rc;
    assert_string_equal(j.host[1], "algo-10");
    rc = local_metrics_init(&m, json_object_get(j.file, "MetricDefinitions"), e);
    if (rc == 0)
        local_metrics_clear(&m);
    local_job_clear(&j);
    return rc;
}

static int tar_once(void *context, struct error *e)
{
    (void)context;
    struct tar *t = tar_begin(test_path("a.tar.gz"), e);
    if (!t)
        return error_code(e);
    const int rc = tar_add(t, "some/name", test_path("content"), e);
    if (rc == 0)
        return tar_commit(t, NULL, e);
    tar_abort(t);
    return rc;
}

static int new_once(void *context, struct error *e)
{
    (void)context;
    char channel[300];
    snprintf(channel, sizeof channel, "train=%s", test_path("content"));
    struct opt_texts channels = {1, {channel}}, none = {0}, hp = {1, {(char[]){"epochs=3"}}};
    const struct local_spec spec = {
        .folder = test_path("job"),
        .name = "n",
        .instance = "i",
        .sender = LOCAL_SENDER_B,
        .hosts = 2,
        .channels = &channels,
        .parameters = &hp,
        .metrics = &none,
        .pipes = &none,
        .sharded = &none,
    };
    test_remove(test_path("job"));
    return local_new(&spec, e);
}

// ---- what a host's process finds in its environment

static const char *found(const struct local_environment *v, const char *name)
{
    const size_t length = strlen(name);
    const char *value = NULL;
    for (size_t i = 0; i < v->count; i++)
        if (strncmp(v->variable[i], name, length) == 0 && v->variable[i][length] == '=') {
            assert_null(value); // once
            value = v->variable[i] + length + 1;
        }
    return value;
}

static int environment_once(void *context, struct error *e)
{
    (void)context;
    char *names[] = {(char[]){"algo-1"}, (char[]){"algo-2"}};
    const struct local_job job = {.name = (char[]){"n"}, .host = names, .hosts = 2};
    struct local_places places;
    struct local_environment v = {0};
    int rc = local_places_init(&places, &job, e);
    if (rc == 0)
        local_environment_init(&v, &job, &places, "/somewhere");
    if (rc == 0 && v.failed)
        rc = error_nomem(e, "an environment");
    if (rc == 0) {
        assert_string_equal(found(&v, "SKIFF_ML_ROOT"), "/somewhere");
        assert_string_equal(found(&v, "TRAINING_JOB_NAME"), "n");
        assert_string_equal(found(&v, "SM_HP_HOST_ADDRESSES"), "algo-1=127.0.0.1,algo-2=127.0.0.1");
        assert_true(strtol(found(&v, "SM_HP_JOIN_PORT"), NULL, 10) > 1023);
        assert_string_equal(found(&v, "UCX_NET_DEVICES"), "given");
        assert_null(found(&v, "SM_HOSTS"));
        assert_null(v.variable[v.count]);
    }
    local_environment_clear(&v);
    local_places_clear(&places);
    return rc;
}

static void hosts_find_each_other(void **state)
{
    (void)state;
    setenv("SM_HOSTS", "[\"x\"]", 1);
    setenv("SKIFF_ML_ROOT", "elsewhere", 1);
    setenv("UCX_NET_DEVICES", "given", 1);
    assert_true(check_failing_memory(environment_once, NULL) >= 6);
}

static void survives_failing_memory(void **state)
{
    (void)state;
    FILE *f = fopen(test_path("content"), "w");
    fputs("content", f);
    fclose(f);
    assert_true(check_failing_memory(parse_once, NULL) >= 15);
    assert_true(check_failing_memory(tar_once, NULL) >= 4);
    assert_true(check_failing_memory(new_once, NULL) >= 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rewrites_expressions),  cmocka_unit_test(refuses_expressions),
        cmocka_unit_test(finds_numbers),         cmocka_unit_test(shows_lines_as_logs_do),
        cmocka_unit_test(refuses_descriptions),  cmocka_unit_test(survives_failing_memory),
        cmocka_unit_test(hosts_find_each_other),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
