// SPDX-License-Identifier: MIT
// JSON bodies: every form of a row says the same as a line of CSV, by columns and by features; what
// is refused, and where; faults of memory.
#include "serve_testing.h"

#include "io/json_read.h"

#define FIT                                                                                        \
    "size,kind,old,y\n1.5,red,True,0\n,\"a \"\"b\"\", c\",False,1\n4,green,True,0\n-2,0.1,,1\n"

static const struct prep_rules rules = {
    .target = "y",
    .fill = "mean,kind=most_frequent,old=most_frequent",
    .encode = "kind=onehot",
};

static const struct net_spec binary = {.inputs = 3, .outputs = 1, .task = TASK_BINARY};

static int make_models(void **state)
{
    struct prep prep;
    if (test_folder_make(state))
        return -1;
    test_prep(&prep, FIT, &rules);
    serve_model("raw.npz", &binary, &prep);
    prep_clear(&prep);
    serve_model("plain.npz", &binary, NULL);
    return 0;
}

// A JSON body says what a CSV says.
static void check_same(struct invoker *v, const char *csv, const char *type, const char *json)
{
    struct reply r;
    ask(v, &(struct question){"text/csv", NULL, csv, 0}, &r);
    assert_int_equal(r.status, 200);
    check_answer(v, &(struct question){type, NULL, json, 0}, r.body.data ? r.body.data : "");
    buf_clear(&r.body);
}

static void forms_of_features(void **state)
{
    (void)state;
    static const char *const one[] = {
        "[[1, 2.5, 0]]",
        "[1, 2.5, 0]",
        "{\"instances\": [[1, 2.5, 0]]}",
        "{\"instances\": [{\"features\": [1, 2.5, 0]}]}",
        "{\"instances\": [{\"data\": {\"features\": {\"values\": [1, 2.5, 0]}}}]}",
        "[{\"data\": {\"features\": {\"keys\": [1, 0], \"shape\": [3], \"values\": [2.5, 1]}}}]",
        "{\"instances\": [{\"features\": {\"keys\": [1, 0], \"values\": [2.5, 1]}}]}",
        "{\"features\": [1, 2.5, 0]}",
        "{\"data\": {\"features\": [1, 2.5, 0]}}",
    };
    struct invoker *v = serve_open("plain.npz", NULL);
    for (size_t i = 0; i < sizeof one / sizeof *one; i++)
        check_same(v, "1,2.5,0", "application/json", one[i]);
    check_same(v, "1,2.5,0\n3,4,5\n-1,12345678901234567890,1e-3", "application/json",
               "[[1, 2.5, 0], [3, 4, 5], [-1, 12345678901234567890, 0.001]]");
    check_same(v, "1,2.5,0\n0,0,7\n", "application/json",
               "{\"instances\": [{\"features\": [1, 2.5, 0]},"
               "{\"features\": {\"keys\": [2], \"values\": [7]}}], \"more\": 1}");
    check_same(v, "1,2.5,0\n3,4,5\n", "application/json",
               " {\"a\\\"]\": [1, {}], \"instances\" : [ [1 ,2.5, 0e5 ],\n{\"features\":[3,4,5]} "
               "] , \"b\": 1} ");
    check_same(v, "1,2.5,0\n3,4,5\n0,0,7", "application/jsonlines",
               "[1, 2.5, 0]\r\n\n{\"features\": [3, 4, 5]}\n"
               "{\"data\": {\"features\": {\"keys\": [2], \"values\": [7]}}}");
    check_answer(v, &(struct question){"application/json", NULL, "[]", 0}, "");
    check_answer(
        v, &(struct question){"application/json", "application/json", "{\"instances\": []}", 0},
        "{\"predictions\": []}");
    invoker_close(v);
}

static void forms_of_columns(void **state)
{
    (void)state;
    struct invoker *v = serve_open("raw.npz", NULL);
    check_same(v, "1.5,red,True\n,\"a \"\"b\"\", c\",False\n7,,\n0.1,0.1,True\n",
               "application/json",
               "{\"instances\": [{\"old\": true, \"kind\": \"red\", \"size\": 1.5, \"id\": [1]},"
               "{\"size\": null, \"kind\": \"a \\\"b\\\", c\", \"old\": \"False\"},"
               "{\"features\": [7, null, null]}, [0.1, 0.1, true]]}");
    check_same(v, "1.5,red,True\n,green,False", "application/jsonlines",
               "[\"1.5\", \"red\", \"True\"]\n"
               "{\"size\": null, \"kind\": \"green\", \"old\": false}\n");
    check_same(v, "1.5,red,True", "application/json",
               "{\"size\": 1.5, \"kind\": \"red\", \"old\": true}");
    check_answer(v, &(struct question){"application/json", NULL, "{\"instances\": []}", 0}, "");
    invoker_close(v);
}

struct refusal {
    const char *type, *body, *what;
};

static void check_refusals(const char *model, const struct refusal *list, size_t count)
{
    struct invoker *v = serve_open(model, NULL);
    for (size_t i = 0; i < count; i++)
        check_refusal(v, &(struct question){list[i].type, NULL, list[i].body, 0}, 400,
                      list[i].what);
    invoker_close(v);
}

static void features_that_are_refused(void **state)
{
    (void)state;
    static const char json[] = "application/json", lines[] = "application/jsonlines";
    static const struct refusal list[] = {
        {json, "[[1,2,3],[1,2]]", "row 2: 2 values, expected 3"},
        {json, "[[1,2,3],[1,null,3]]", "row 2, feature 2: null"},
        {json, "[[1,2,\"3\"]]", "row 1, feature 3: a text"},
        {json, "[[1,2,1e39]]", "row 1, feature 3: a number beyond"},
        {json, "[[1,2,[3]]]", "row 1, feature 3: not a number"},
        {json, "[[1,2,NaN]]", "body:1:"},
        {json, "[[1,2,1e999]]", "body:1:"},
        {json, "[[1,2,3]", "body:1:"},
        {json, "{\"instances\": 3}", "instances must be a list"},
        {json, "{\"instances\": [3]}", "row 1: of no known form"},
        {json, "{\"instances\": [{\"a\": 3}]}", "row 1: is by names"},
        {json, "{\"instances\": [{\"features\": {\"keys\": [0]}}]}", "row 1: of no known form"},
        {json, "{\"features\": {\"keys\": [0], \"values\": [1, 2]}}", "1 keys for 2 values"},
        {json, "{\"features\": {\"keys\": [3], \"values\": [1]}}", "key 1 is no place"},
        {json, "{\"features\": {\"keys\": [-1], \"values\": [1]}}", "key 1 is no place"},
        {json, "{\"features\": {\"keys\": [0.5], \"values\": [1]}}", "key 1 is no place"},
        {json, "{\"features\": {\"keys\": [\"0\"], \"values\": [1]}}", "key 1 is no place"},
        {json, "{\"features\": {\"keys\": [0, 0], \"values\": [1, 1]}}", "key 2 is there twice"},
        {json, "{\"features\": {\"keys\": [0], \"shape\": [4], \"values\": [1]}}", "4 wide"},
        {json, "{\"instances\": [], \"instances\": []}", "duplicate"},
        {lines, "[1,2,3]\n\n[1,2,3\n", "body:3:"},
        {lines, "[1,2,3]\n[1,2,3] [1,2,3]\n", "body:2:"},
        {lines, "[1,2,3]\n5\n", "row 2: of no known form"},
        {lines, "[1,2,3],\n[1,2,3]\n", "body:1:"},
        {json, "[[1,2,3],]", "body:1:10: not valid JSON: a value"},
        {json, "[[1,2,3]\n [1,2,3]]", "body:2:2: not valid JSON: ',' or ']'"},
        {json, "[[1,2,3]] 5", "body:1:11: not valid JSON: more behind"},
        {json, "[[1,2,+3]]", "body:1:"},
        {json, "[[1,2,03]]", "body:1:"},
        {json, "[[1,2,.3]]", "body:1:"},
        {json, "[[1,2,3.]]", "body:1:"},
        {json, "[[1,2,\n3}]]", "body:2:3: not valid JSON"},
        {json, "{\"instances\": [[1,2,3]]", "body:1:24: not valid JSON: ',' or '}'"},
        {json, "{\"instances\": [[1,2,3]], \"a\": nul}", "body:1:"},
        {json, "{\"a\": nul, \"instances\": [[1,2,3]]}", "body:1:"},
        {json, "{\"instances\": [[1,2,3], {\"features\": [1,2,\"]", "a value that ends"},
    };
    check_refusals("plain.npz", list, sizeof list / sizeof *list);
}

static void columns_that_are_refused(void **state)
{
    (void)state;
    static const char json[] = "application/json";
    static const struct refusal list[] = {
        {json, "[[1,\"red\"]]", "row 1: 2 values, expected 3"},
        {json, "[[1,\"red\",true],[\"much\",\"red\",true]]", "row:2: column 'size': 'much'"},
        {json, "[[1,\"red\",true],{\"size\": 1, \"kind\": \"red\"}]", "row 2: no member 'old'"},
        {json, "[[1,{},true]]", "row 1: column 'kind': a list or an object"},
        {json, "{\"features\": {\"keys\": [0], \"values\": [1]}}", "row 1: is sparse"},
    };
    check_refusals("raw.npz", list, sizeof list / sizeof *list);
}

static void deep_nesting(void **state)
{
    (void)state;
    struct invoker *v = serve_open("plain.npz", NULL);
    char *text = mem_alloc(100001);
    for (size_t i = 0; i < 2; i++) {
        memset(text, '[', 100000);
        if (i == 1)
            memset(text + 50000, ']', 50000);
        text[100000] = '\0';
        check_refusal(v, &(struct question){"application/json", NULL, text, 0}, 400, "body:1:");
    }
    mem_free(text);
    invoker_close(v);
}

static void failing_memory(void **state)
{
    (void)state;
    json_use_memory();
    struct invoker *v = serve_open("raw.npz", NULL);
    check_failing_answer(v, &(struct question){"application/json", NULL,
                                               "[[1,\"red\",true],{\"size\":2,\"kind\":\"a\","
                                               "\"old\":null}]",
                                               0});
    check_failing_answer(
        v, &(struct question){"application/jsonlines", NULL, "[1,\"a\",true]\n[1,\"b\",null]", 0});
    check_failing_answer(v, &(struct question){"application/json", NULL,
                                               "[[1.000000000000000000001e+0001,"
                                               "\"a text that is longer than any first "
                                               "buffer\",null]]",
                                               0});
    invoker_close(v);
    v = serve_open("plain.npz", NULL);
    check_failing_answer(v, &(struct question){"application/json", NULL, "[[1,2,3]]", 0});
    check_failing_answer(v, &(struct question){"application/json", NULL,
                                               "{\"others\": [12345678901234567890123, \"text\"],"
                                               "\"instances\": [{\"features\": {\"keys\": [2],"
                                               "\"values\": [0.12345678901234567890123]}}]}",
                                               0});
    check_failing_answer(
        v, &(struct question){"application/jsonlines", NULL, "[1,2,3]\n{\"features\":[1,2,3]}", 0});
    invoker_close(v);
    json_set_alloc_funcs(malloc, free);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_of_features),
        cmocka_unit_test(forms_of_columns),
        cmocka_unit_test(features_that_are_refused),
        cmocka_unit_test(columns_that_are_refused),
        cmocka_unit_test(deep_nesting),
        cmocka_unit_test(failing_memory),
    };
    return cmocka_run_group_tests(tests, make_models, test_folder_remove);
}
