// SPDX-License-Identifier: MIT
// The choice of a level and the count of cores, the latter against folders made to look like
// /sys/fs/cgroup.
#include "kern_testing.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_levels(void **state)
{
    (void)state;
    const struct kern *const *levels = kern_available();
    assert_non_null(levels[0]);
    assert_string_equal(levels[0]->name, "baseline");
    assert_false(levels[0]->fma);
    for (size_t i = 1; levels[i]; i++)
        assert_true(levels[i]->fma);
}

static void test_select(void **state)
{
    (void)state;
    const struct kern *kern = NULL, *best = NULL;
    unsetenv("SKIFF_CPU");
    assert_int_equal(kern_select(&best, NULL), 0);
    EACH_LEVEL(k)
    {
        kern = NULL;
        setenv("SKIFF_CPU", k->name, 1);
        assert_int_equal(kern_select(&kern, NULL), 0);
        assert_ptr_equal(kern, k);
        if (!k_at[1])
            assert_ptr_equal(best, k);
    }
    setenv("SKIFF_CPU", "", 1); // as good as unset
    assert_int_equal(kern_select(&kern, NULL), 0);
    assert_ptr_equal(kern, best);
    unsetenv("SKIFF_CPU");
}

static void test_select_unknown(void **state)
{
    (void)state;
    static const char *const wrong[] = {"avx1024", "AVX2", "baseline ", "a\nb"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const struct kern *kern;
        struct error e = {0};
        setenv("SKIFF_CPU", wrong[i], 1);
        assert_int_equal(kern_select(&kern, &e), ERR_USAGE);
        assert_non_null(strstr(e.text, "SKIFF_CPU"));
        assert_non_null(strstr(e.text, "baseline"));
        assert_null(strchr(e.text, '\n'));
    }
    const struct kern *kern;
    struct error e = {0};
    mem_fail_at(1);
    assert_int_equal(kern_select(&kern, &e), ERR_USAGE);
    mem_fail_at(0);
    unsetenv("SKIFF_CPU");
}

static void test_model(void **state)
{
    (void)state;
    char text[256], small[4];
    cpu_model(text, sizeof text);
    assert_true(strlen(text) > 0);
    assert_null(strpbrk(text, "\t\n"));
    cpu_model(small, sizeof small);
    assert_int_equal(strncmp(small, text, 3), 0);
    assert_true(strlen(small) <= 3);
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

struct tree {
    char root[64], outer[128], inner[128], v1[128];
};

static void tree_make(struct tree *t)
{
    snprintf(t->root, sizeof t->root, "/tmp/skiff-cpu-XXXXXX");
    assert_non_null(mkdtemp(t->root));
    snprintf(t->outer, sizeof t->outer, "%s/outer", t->root);
    snprintf(t->inner, sizeof t->inner, "%s/outer/inner", t->root);
    snprintf(t->v1, sizeof t->v1, "%s/cpu,cpuacct", t->root);
    assert_int_equal(mkdir(t->outer, 0700), 0);
    assert_int_equal(mkdir(t->inner, 0700), 0);
    assert_int_equal(mkdir(t->v1, 0700), 0);
}

static void tree_remove(const struct tree *t)
{
    static const char *const names[] = {"cpu.max", "cpu.cfs_quota_us", "cpu.cfs_period_us",
                                        "membership"};
    const char *const folders[] = {t->inner, t->outer, t->v1, t->root};
    char path[512];
    for (size_t f = 0; f < 4; f++) {
        for (size_t n = 0; n < 4; n++) {
            snprintf(path, sizeof path, "%s/%s", folders[f], names[n]);
            unlink(path);
        }
        assert_int_equal(rmdir(folders[f]), 0);
    }
}

static size_t quota(const struct tree *t, const char *membership)
{
    char path[512];
    write_file(t->root, "membership", membership);
    snprintf(path, sizeof path, "%s/membership", t->root);
    return cpu_quota(path, t->root, NULL);
}

static void test_quota_v2(void **state)
{
    (void)state;
    struct tree t;
    tree_make(&t);
    assert_true(cpu_quota("/no/such/file", t.root, NULL) == SIZE_MAX);
    assert_true(quota(&t, "") == SIZE_MAX);
    assert_true(quota(&t, "0::/outer/inner\n") == SIZE_MAX);
    write_file(t.inner, "cpu.max", "max 100000\n");
    assert_true(quota(&t, "0::/outer/inner\n") == SIZE_MAX);
    write_file(t.inner, "cpu.max", "150000 100000\n");
    assert_int_equal(quota(&t, "0::/outer/inner\n"), 2);
    write_file(t.inner, "cpu.max", "10000 100000\n");
    assert_int_equal(quota(&t, "0::/outer/inner\n"), 1);
    write_file(t.inner, "cpu.max", "800000 100000\n");
    assert_int_equal(quota(&t, "0::/outer/inner\n"), 8);
    write_file(t.outer, "cpu.max", "300000 100000\n"); // the folder above is tighter
    assert_int_equal(quota(&t, "0::/outer/inner\n"), 3);
    write_file(t.root, "cpu.max", "250000 125000\n"); // a path of the host, seen from a container
    assert_int_equal(quota(&t, "0::/kubepods/pod1\n"), 2);
    static const char *const odd[] = {"", "x", "5", "100 0\n", "-3 100\n", "0 100\n"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        write_file(t.root, "cpu.max", odd[i]);
        assert_true(quota(&t, "0::/\n") == SIZE_MAX);
    }
    tree_remove(&t);
}

// Who limits is the same group, seen from a group within it and from a container whose root it is.
static void test_quota_group(void **state)
{
    (void)state;
    struct tree t;
    uint64_t seen[4];
    char path[512];
    tree_make(&t);
    snprintf(path, sizeof path, "%s/membership", t.root);
    write_file(t.root, "membership", "0::/outer/inner\n");
    assert_true(cpu_quota(path, t.root, &seen[0]) == SIZE_MAX && seen[0] == 0);
    write_file(t.outer, "cpu.max", "300000 100000\n");
    assert_int_equal(cpu_quota(path, t.root, &seen[0]), 3);
    write_file(t.root, "membership", "0::/outer\n");
    assert_int_equal(cpu_quota(path, t.root, &seen[1]), 3);
    write_file(t.root, "membership", "0::/\n");
    assert_int_equal(cpu_quota(path, t.outer, &seen[2]), 3);
    assert_true(seen[0] != 0 && seen[0] == seen[1] && seen[0] == seen[2]);
    write_file(t.inner, "cpu.max", "200000 100000\n");
    write_file(t.root, "membership", "0::/outer/inner\n");
    assert_int_equal(cpu_quota(path, t.root, &seen[3]), 2);
    assert_true(seen[3] != 0 && seen[3] != seen[0]);
    tree_remove(&t);
}

static void test_quota_v1(void **state)
{
    (void)state;
    struct tree t;
    const char *lines = "4:cpuset:/\n3:cpu,cpuacct:/job\n2:memory:/outer\nnonsense\n";
    tree_make(&t);
    write_file(t.v1, "cpu.cfs_quota_us", "-1\n");
    write_file(t.v1, "cpu.cfs_period_us", "100000\n");
    assert_true(quota(&t, lines) == SIZE_MAX);
    write_file(t.v1, "cpu.cfs_quota_us", "250000\n");
    assert_int_equal(quota(&t, lines), 3);
    write_file(t.outer, "cpu.cfs_quota_us", "100000\n"); // of a controller that is not cpu
    write_file(t.outer, "cpu.cfs_period_us", "100000\n");
    assert_int_equal(quota(&t, lines), 3);
    tree_remove(&t);
}

static void test_count(void **state)
{
    (void)state;
    cpu_set_t before, one;
    size_t cores = cpu_count();
    assert_true(cores >= 1);
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    assert_true(cores <= (size_t)CPU_COUNT(&before));
    CPU_ZERO(&one);
    for (size_t i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &before) && CPU_COUNT(&one) == 0)
            CPU_SET(i, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    assert_int_equal(cpu_count(), 1);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels),         cmocka_unit_test(test_select),
        cmocka_unit_test(test_select_unknown), cmocka_unit_test(test_model),
        cmocka_unit_test(test_quota_v2),       cmocka_unit_test(test_quota_v1),
        cmocka_unit_test(test_count),          cmocka_unit_test(test_quota_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
