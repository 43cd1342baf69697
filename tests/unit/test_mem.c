// SPDX-License-Identifier: MIT
// Sizes that overflow, aligned and zeroed blocks, and the fault that other tests rely on.
#include "testing.h"

#include "base/cgroup.h"

#include <sys/stat.h>

static void sizes_do_not_wrap(void **state)
{
    (void)state;
    size_t r = 7;
    assert_true(size_mul(3, 5, &r));
    assert_int_equal(r, 15);
    assert_false(size_mul(SIZE_MAX / 2 + 1, 2, &r));
    assert_int_equal(r, 15); // untouched
    assert_true(size_mul(SIZE_MAX, 1, &r));
    assert_true(r == SIZE_MAX);
    assert_true(size_mul(SIZE_MAX, 0, &r));
    assert_int_equal(r, 0);
    assert_true(size_add(SIZE_MAX - 1, 1, &r));
    assert_true(r == SIZE_MAX);
    assert_false(size_add(SIZE_MAX, 1, &r));
    assert_true(r == SIZE_MAX);
    assert_int_equal(size_round_up(0, 64), 0);
    assert_int_equal(size_round_up(1, 64), 64);
    assert_int_equal(size_round_up(64, 64), 64);
    assert_int_equal(size_round_up(65, 64), 128);
}

static void refuses_what_cannot_be(void **state)
{
    (void)state;
    assert_null(mem_array(SIZE_MAX / 2, 3));
    assert_null(mem_aligned(SIZE_MAX / 4, 8));
    assert_null(mem_aligned(SIZE_MAX - 8, 1)); // would wrap when rounded up
    assert_null(mem_aligned(SIZE_MAX, 1));
    assert_null(mem_block(SIZE_MAX / 4, 8));
    assert_null(mem_block(SIZE_MAX - 8, 1));
}

static void blocks_are_zeroed_and_aligned(void **state)
{
    (void)state;
    for (size_t n = 0; n < 200; n += 13) {
        float *a = mem_aligned(n, sizeof *a);
        unsigned char *z = mem_zalloc(n), *c = mem_array(n, 3), *p = mem_alloc(n);
        assert_true(a && z && c && p);
        assert_int_equal((uintptr_t)a % MEM_ALIGN, 0);
        const size_t whole = size_round_up(n > 0 ? n * sizeof *a : 1, MEM_ALIGN);
        for (size_t i = 0; i < whole / sizeof *a; i++)
            assert_true(a[i] == 0); // the last cache line belongs to the block
        for (size_t i = 0; i < n; i++)
            assert_int_equal(z[i] | c[3 * i + 2], 0);
        mem_free(a);
        mem_free(z);
        mem_free(c);
        mem_free(p);
    }
    mem_free(NULL);
}

// Around the size from which huge pages are asked for: the same promises.
static void large_blocks(void **state)
{
    (void)state;
    const size_t huge = 2 << 20;
    for (size_t size = huge - 100; size <= 3 * huge; size += huge / 3 + 7) {
        unsigned char *zeroed = mem_aligned(size, 1), *block = mem_block(size, 1);
        assert_true(zeroed && block);
        assert_int_equal((uintptr_t)zeroed % MEM_ALIGN | (uintptr_t)block % MEM_ALIGN, 0);
        memset(block, 255, size_round_up(size, MEM_ALIGN));
        for (size_t i = 0; i < size_round_up(size, MEM_ALIGN); i++)
            if (zeroed[i])
                fail_msg("byte %zu of %zu is %d, not 0", i, size, zeroed[i]);
        mem_free(zeroed);
        mem_free(block);
    }
}

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static size_t limit_of(const char *membership)
{
    write_text(test_path("membership"), membership);
    return mem_limit(test_path("membership"), test_folder(), NULL);
}

static void groups_limit_memory(void **state)
{
    (void)state;
    const char *const v1 = "5:cpu:/\n4:memory,hugetlb:/a/b\n0::/\n", *const v2 = "0::/a/b\n";
    assert_true(mem_limit("/no/such/file", test_folder(), NULL) == SIZE_MAX);
    assert_int_equal(mkdir(test_path("a"), 0700) | mkdir(test_path("a/b"), 0700), 0);
    assert_true(limit_of(v2) == SIZE_MAX);
    write_text(test_path("a/b/memory.max"), "max\n");
    assert_true(limit_of(v2) == SIZE_MAX);
    write_text(test_path("a/b/memory.max"), "3000000000\n");
    assert_int_equal(limit_of(v2), 3000000000);
    write_text(test_path("a/memory.max"), "2000000000\n"); // the group above is tighter
    assert_int_equal(limit_of(v2), 2000000000);
    assert_true(limit_of("0::/\n") == SIZE_MAX);
    write_text(test_path("memory.max"), "1000000000\n"); // a path of the host, in a container
    assert_int_equal(limit_of("0::/kubepods/pod1\n"), 1000000000);
    unlink(test_path("memory.max"));
    assert_true(limit_of(v1) == SIZE_MAX);
    assert_int_equal(mkdir(test_path("memory,hugetlb"), 0700), 0);
    write_text(test_path("memory,hugetlb/memory.limit_in_bytes"), "9223372036854771712\n");
    assert_true(limit_of(v1) == 9223372036854771712u); // how version 1 says none
    assert_int_equal(mkdir(test_path("memory,hugetlb/a"), 0700), 0);
    write_text(test_path("memory,hugetlb/a/memory.limit_in_bytes"), "536870912\n");
    assert_int_equal(limit_of(v1), 536870912);
    const size_t memory = mem_physical(); // of this machine, whatever limits it
    assert_true(memory > (size_t)16 << 20 && memory <= mem_limit(CGROUP_SELF, CGROUP_ROOT, NULL));
}

static void reallocates_and_copies(void **state)
{
    (void)state;
    char *text = mem_strdup("abc");
    assert_string_equal(text, "abc");
    text = mem_realloc(text, 100);
    assert_string_equal(text, "abc");
    mem_fail_at(1);
    assert_null(mem_realloc(text, 1000));
    mem_fail_at(0);
    assert_string_equal(text, "abc"); // as it was
    mem_free(text);
    text = mem_realloc(NULL, 0);
    assert_non_null(text);
    mem_free(text);
}

static void *allocate(int how)
{
    switch (how) {
    case 0:
        return mem_alloc(1);
    case 1:
        return mem_zalloc(1);
    case 2:
        return mem_array(1, 1);
    case 3:
        return mem_strdup("");
    case 4:
        return mem_realloc(NULL, 1);
    case 5:
        return mem_block(1, 1);
    default:
        return mem_aligned(1, 1);
    }
}

// Every function counts as one, the n-th fails and all after it, 0 turns it off.
static void faults_come_when_ordered(void **state)
{
    (void)state;
    for (int how = 0; how < 7; how++) {
        mem_fail_at(3);
        for (int call = 1; call <= 5; call++) {
            void *p = allocate(how);
            if ((p != NULL) != (call < 3))
                fail_msg("function %d, call %d: %s", how, call, p ? "memory" : "none");
            mem_free(p);
        }
        assert_int_equal(mem_fail_at(0), 5);
        void *p = allocate(how);
        assert_non_null(p);
        mem_free(p);
        assert_int_equal(mem_fail_at(0), 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_do_not_wrap),
        cmocka_unit_test(refuses_what_cannot_be),
        cmocka_unit_test(blocks_are_zeroed_and_aligned),
        cmocka_unit_test(large_blocks),
        cmocka_unit_test(groups_limit_memory),
        cmocka_unit_test(reallocates_and_copies),
        cmocka_unit_test(faults_come_when_ordered),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
