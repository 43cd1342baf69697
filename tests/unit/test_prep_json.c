// SPDX-License-Identifier: MIT
// prep.json: what is written reads back to the same preparation, and what anybody else wrote is
// checked before it is believed.
#include "fitted_testing.h"

#include "base/file.h"

#include <jansson.h>

static const char people[] = "age,sex,size,vip,fare,name,alive\n"
                             "22,male,s,True,7.25,\"a\"\"b\",0\n"
                             "38,f\xc3\xa9male,m,False,71.1,b,1\n"
                             ",male,l,True,-0.30000000000000004,\"c,\nd\",1\n"
                             "35,,s,,1e-5,d,0\n";

static const struct prep_rules all_rules[] = {
    {.target = "alive", .ids = "name"},
    {.target = "sex",
     .drop = "name",
     .encode = "onehot,age=label,vip=label",
     .scale = "size=minmax"},
    {.features = "fare,age", .clip = "fare=0.1:0.9", .log1p = "fare", .scale = "robust"},
    {.target = "fare", .features = "size,vip", .encode = "size=s<m<l<xl", .unseen = "error"},
    {.target = "vip", .features = "sex,age", .fill = "sex=other,age=-7.125", .scale = "none"},
};

static void init_prep(struct prep *p, const struct prep_rules *rules)
{
    struct fitted f;
    struct error e = {0};
    struct prep_rules present = *rules;
    char text[sizeof people];
    memcpy(text, people, sizeof text);
    if (rules->target && strcmp(rules->target, "alive") != 0) { // rows without a target go
        char *const cut = strstr(text, strcmp(rules->target, "fare") == 0 ? "none" : "35,");
        if (cut)
            *cut = '\0';
    }
    CHECK_OK(fit_text(&f, text, &present, 0, &e), e);
    *p = f.prep;
    p->split = (struct prep_split){.test_size = 0.1 + 0.2,
                                   .random_state = 42,
                                   .stratify = true,
                                   .shuffle = true,
                                   .rows = 5,
                                   .train_rows = 4,
                                   .test_rows = 1};
    f.prep = (struct prep){0};
    fitted_clear(&f);
}

static char *to_text(const struct prep *p)
{
    json_t *root = prep_to_json(p);
    char *text = json_dumps(root, JSON_TEXT_FLAGS);
    assert_non_null(text);
    json_decref(root);
    return text;
}

static void check_same_column(const struct prep_column *a, const struct prep_column *b)
{
    assert_string_equal(a->name, b->name);
    assert_true(a->kind == b->kind && a->encode == b->encode && a->fill == b->fill &&
                a->scale == b->scale && a->unseen == b->unseen && a->log1p == b->log1p);
    assert_memory_equal(a->clip, b->clip, sizeof a->clip);
    assert_memory_equal(a->quantile, b->quantile, sizeof a->quantile);
    assert_true(a->feature == b->feature && a->features == b->features &&
                a->categories == b->categories && a->missing == b->missing);
    if (a->encode == PREP_NUMERIC && a->fill != PREP_FILL_ERROR)
        assert_true(a->fill_value == b->fill_value);
    if (a->encode != PREP_NUMERIC)
        assert_int_equal(a->fill_place, b->fill_place);
    assert_memory_equal(a->center, b->center, a->features * sizeof *a->center);
    assert_memory_equal(a->width, b->width, a->features * sizeof *a->width);
    for (size_t i = 0; i < a->categories; i++)
        assert_string_equal(a->category[i], b->category[i]);
    assert_int_equal(a->category_value == NULL, b->category_value == NULL);
    for (size_t i = 0; i < a->categories && a->category_value; i++)
        assert_true(a->category_value[i] == b->category_value[i]);
}

static void check_same(const struct prep *a, const struct prep *b)
{
    assert_true(a->columns == b->columns && a->features == b->features && a->ids == b->ids);
    assert_true(a->delimiter == b->delimiter && a->header == b->header);
    for (size_t i = 0; i < a->columns; i++)
        check_same_column(&a->column[i], &b->column[i]);
    for (size_t i = 0; i < a->ids; i++)
        assert_string_equal(a->id[i], b->id[i]);
    assert_int_equal(a->target.name == NULL, b->target.name == NULL);
    if (a->target.name) {
        assert_string_equal(a->target.name, b->target.name);
        assert_true(a->target.task == b->target.task && a->target.kind == b->target.kind &&
                    a->target.classes == b->target.classes);
    }
    for (size_t i = 0; i < a->target.classes; i++) {
        assert_string_equal(a->target.class_name[i], b->target.class_name[i]);
        assert_true(!a->target.class_value || a->target.class_value[i] == b->target.class_value[i]);
    }
    const struct prep_split *s = &a->split, *t = &b->split;
    assert_true(s->test_size == t->test_size && s->random_state == t->random_state &&
                s->stratify == t->stratify && s->shuffle == t->shuffle &&
                s->fit_on_all == t->fit_on_all && s->rows == t->rows &&
                s->train_rows == t->train_rows && s->test_rows == t->test_rows &&
                s->folds == t->folds && s->fold == t->fold);
}

static void there_and_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof all_rules / sizeof *all_rules; i++) {
        struct prep p, q, from_file;
        struct error e = {0};
        init_prep(&p, &all_rules[i]);
        char *text = to_text(&p);
        CHECK_OK(prep_parse(&q, "prep.json", text, strlen(text), &e), e);
        check_same(&p, &q);
        CHECK_OK(file_write_all(test_path("prep.json"), text, strlen(text), &e), e);
        CHECK_OK(prep_read(&from_file, test_path("prep.json"), &e), e);
        check_same(&p, &from_file);
        char *again = to_text(&q);
        assert_string_equal(text, again);
        free(text);
        free(again);
        prep_clear(&p);
        prep_clear(&q);
        prep_clear(&from_file);
    }
}

// ---- hostile files ----

// Set the member at a path of keys and indices ("columns.0.width") to a value, or remove it.
static void set_member(json_t *root, const char *path, const char *value)
{
    char key[40];
    json_t *at = root;
    for (;;) {
        const size_t len = strcspn(path, ".");
        snprintf(key, sizeof key, "%.*s", (int)len, path);
        path += len;
        if (!*path++)
            break;
        at = json_is_array(at) ? json_array_get(at, strtoul(key, NULL, 10))
                               : json_object_get(at, key);
        assert_non_null(at);
    }
    json_t *new = value ? json_loads(value, JSON_DECODE_ANY, NULL) : NULL;
    assert_true(new || !value);
    if (!new)
        assert_int_equal(json_object_del(at, key), 0);
    else if (json_is_array(at))
        assert_int_equal(json_array_set_new(at, strtoul(key, NULL, 10), new), 0);
    else
        assert_int_equal(json_object_set_new(at, key, new), 0);
}

// Rules 1: columns age (label), size (one-hot, scaled), vip (label), fare and alive (numbers); the
// target is sex.
static void damaged(void **state)
{
    (void)state;
    static const struct {
        const char *path, *value;
        int code;
        const char *what;
    } cases[] = {
        {"format", "2", ERR_UNSUPPORTED, "a newer skiff (format 2); this one reads format 1"},
        {"format", NULL, ERR_FORMAT, "does not say that skiff wrote it"},
        {"program", "\"other\"", ERR_FORMAT, "does not say that skiff wrote it"},
        {"delimiter", "\"x\"", ERR_FORMAT, "'delimiter' is none"},
        {"header", "1", ERR_FORMAT, "'header' is neither true nor false"},
        {"ids", "[\"\"]", ERR_FORMAT, "ids: what is no name"},
        {"ids", "{}", ERR_FORMAT, "ids: no list"},
        {"ids", "[\"fare\"]", ERR_FORMAT, "a name is there twice"},
        {"target.name", "\"fare\"", ERR_FORMAT, "a name is there twice"},
        {"target.kind", "\"date\"", ERR_FORMAT, "target: 'kind' is none"},
        {"target.task", "\"regression\"", ERR_FORMAT, "texts are no amounts"},
        {"target.classes", "[\"a\"]", ERR_FORMAT, "another number of classes"},
        {"target.classes", "[\"a\",\"a\"]", ERR_FORMAT, "are the same"},
        {"target.classes", "[\"a\",3]", ERR_FORMAT, "not of the column's kind"},
        {"target.classes", "[]", ERR_FORMAT, "no list of some"},
        {"target", "3", ERR_FORMAT, "target: 'name' is no text"},
        {"features", "3", ERR_FORMAT, "another number of features"},
        {"features", "-1", ERR_FORMAT, "'features' is no count"},
        {"columns", "[]", ERR_FORMAT, "no list of columns"},
        {"columns.0", "[]", ERR_FORMAT, "column 1: 'name' is no text"},
        {"columns.0.name", "\"\"", ERR_FORMAT, "'name' is no text"},
        {"columns.0.name", "\"vip\"", ERR_FORMAT, "a name is there twice"},
        {"columns.0.kind", "\"text\"", ERR_FORMAT, "not of the column's kind"},
        {"columns.0.encode", "\"other\"", ERR_FORMAT, "'encode' is none"},
        {"columns.0.fill", "\"mean\"", ERR_FORMAT, "'fill' is for numbers"},
        {"columns.0.fill_value", "1e9", ERR_FORMAT, "none of the categories"},
        {"columns.0.fill_value", "\"22\"", ERR_FORMAT, "none of the categories"},
        {"columns.0.categories", "[22,22]", ERR_FORMAT, "are the same"},
        {"columns.0.categories", "{}", ERR_FORMAT, "no list of some"},
        {"columns.0.unseen", NULL, ERR_FORMAT, "'unseen' is none"},
        {"columns.0.width", "0", ERR_FORMAT, "'width' is not above 0"},
        {"columns.0.width", "-1.5", ERR_FORMAT, "'width' is not above 0"},
        {"columns.0.width", "1e-300", ERR_FORMAT, "numbers that no float holds"},
        {"columns.0.width", "[1]", ERR_FORMAT, "'width' is no finite number"},
        {"columns.0.center", "1e300", ERR_FORMAT, "numbers that no float holds"},
        {"columns.0.missing", "1.5", ERR_FORMAT, "'missing' is no count"},
        {"columns.1.width", "[1,1]", ERR_FORMAT, "a number for each feature"},
        {"columns.1.width", "[1,1,0]", ERR_FORMAT, "'width' is not above 0"},
        {"columns.1.feature", "0", ERR_FORMAT, "not numbered through"},
        {"columns.1.features", "65536", ERR_FORMAT, "not numbered through"},
        {"columns.3.fill_value", "null", ERR_FORMAT, "'fill_value' is no finite"},
        {"columns.3.fill_value", "1e300", ERR_FORMAT, "numbers that no float holds"},
        {"columns.3.clip", "[2,1]", ERR_FORMAT, "'quantiles' is no list"},
        {"columns.3.log1p", "3", ERR_FORMAT, "'log1p' is neither"},
        {"columns.3.kind", "\"text\"", ERR_FORMAT, "texts are no numbers"},
        {"split", NULL, ERR_FORMAT, "split: 'fit_on' is none"},
        {"split.train_rows", "6", ERR_FORMAT, "'train_rows' is no count in its range"},
        {"split.random_state", "0.5", ERR_FORMAT, "'random_state' is no integer"},
        {"split.test_size", "\"a\"", ERR_FORMAT, "'test_size' is no finite"},
        {"split.fold", "1", ERR_FORMAT, "'fold' is no count"},
    };
    struct prep p, q;
    init_prep(&p, &all_rules[1]);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error e = {0};
        json_t *root = prep_to_json(&p);
        set_member(root, cases[i].path, cases[i].value);
        check_refused(prep_from_json(&q, "prep.json", root, &e), cases[i].code, &e, cases[i].what);
        assert_true(q.columns == 0 && q.column == NULL);
        json_decref(root);
    }
    prep_clear(&p);
}

static void clip_and_log(void **state)
{
    (void)state;
    static const struct {
        const char *path, *value, *what;
    } cases[] = {
        {"columns.0.clip", "[2,1]", "are not in order"},
        {"columns.0.quantiles", "[0.5,1.5]", "are not in order"},
        {"columns.0.clip", "[-5,-2]", "numbers that no float holds"}, // its logarithm
    };
    struct prep p, q;
    init_prep(&p, &all_rules[2]);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error e = {0};
        json_t *root = prep_to_json(&p);
        set_member(root, cases[i].path, cases[i].value);
        check_refused(prep_from_json(&q, "prep.json", root, &e), ERR_FORMAT, &e, cases[i].what);
        json_decref(root);
    }
    prep_clear(&p);
}

// More than the limits, each in a list that is right but for that.
static void too_much(void **state)
{
    (void)state;
    struct prep p, q;
    struct error e = {0};
    init_prep(&p, &all_rules[1]);
    json_t *root = prep_to_json(&p), *list = json_array();
    for (size_t i = 0; i <= PREP_CATEGORIES_MAX; i++)
        json_array_append_new(list, json_integer((json_int_t)i));
    json_t *age = json_array_get(json_object_get(root, "columns"), 0);
    json_object_set(age, "categories", list);
    check_refused(prep_from_json(&q, "prep.json", root, &e), ERR_FORMAT, &e, "or too many");
    json_array_remove(list, 0);
    json_object_set_new(age, "fill_value", json_integer(5));
    e = (struct error){0};
    CHECK_OK(prep_from_json(&q, "prep.json", root, &e), e);
    prep_clear(&q);
    // 4096 features of a column, 17 times
    json_object_set_new(age, "encode", json_string("onehot"));
    json_object_set_new(age, "features", json_integer(PREP_CATEGORIES_MAX));
    json_object_set_new(age, "scale", json_string("none"));
    json_t *columns = json_array();
    for (int i = 0; i < 17; i++) {
        json_t *column = json_copy(age);
        json_object_set_new(column, "name", json_sprintf("x%d", i));
        json_object_set_new(column, "feature", json_integer((json_int_t)PREP_CATEGORIES_MAX * i));
        json_array_append_new(columns, column);
    }
    json_object_set_new(root, "columns", columns);
    json_object_set_new(root, "features", json_integer(65536));
    check_refused(prep_from_json(&q, "prep.json", root, &e), ERR_FORMAT, &e,
                  "column 17: too many features");
    json_decref(list);
    json_decref(root);
    prep_clear(&p);
}

static void no_json(void **state)
{
    (void)state;
    static const struct {
        const char *text, *what;
    } cases[] = {{"", "prep.json:1: not valid JSON"},
                 {"{\"a\":1,\n\"a\":2}", "prep.json:2: not valid JSON: duplicate object key"},
                 {"[1,2]", "does not say that skiff wrote it"},
                 {"{\"program\":\"skiff\",\"format\":1e0}", "does not say that skiff wrote it"},
                 {"{\"program\":\"ski\\u0000ff\"}", "not valid JSON"}};
    struct prep p;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error e = {0};
        check_refused(prep_parse(&p, "prep.json", cases[i].text, strlen(cases[i].text), &e),
                      ERR_FORMAT, &e, cases[i].what);
    }
    struct error e = {0};
    check_refused(prep_read(&p, test_path("nowhere.json"), &e), ERR_IO, &e, "nowhere.json");
}

// ---- memory ----

static int parse_text(void *context, struct error *e)
{
    struct prep p;
    const int rc = prep_parse(&p, "prep.json", context, strlen(context), e);
    prep_clear(&p);
    return rc;
}

static long json_left;

static void *json_allocate(size_t size)
{
    return json_left-- > 0 ? malloc(size) : NULL;
}

static void memory(void **state)
{
    (void)state;
    struct prep p;
    for (size_t i = 0; i < 3; i++) {
        init_prep(&p, &all_rules[i]);
        char *text = to_text(&p);
        assert_true(check_failing_memory(parse_text, text) > 10);
        long n = 1;
        for (json_t *root = NULL; !root; n++) { // of JSON's own memory
            json_set_alloc_funcs(json_allocate, free);
            json_left = n;
            root = prep_to_json(&p);
            json_set_alloc_funcs(malloc, free);
            json_decref(root);
        }
        assert_true(n > 50);
        free(text);
        prep_clear(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back), cmocka_unit_test(damaged), cmocka_unit_test(clip_and_log),
        cmocka_unit_test(too_much),       cmocka_unit_test(no_json), cmocka_unit_test(memory),
    };
    return cmocka_run_group_tests_name("prep_json", tests, test_folder_make, test_folder_remove);
}
