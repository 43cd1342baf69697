// SPDX-License-Identifier: MIT
// What falls to ranks of one machine and of several: bound to cores, in containers with limits and
// without, under names that say nothing.
#include "testing.h"

#include "dist/machine.h"

#include <sched.h>

#define GB ((uint64_t)1 << 30)

// A rank on a kernel whose cores from `first` on it may use.
static struct machine place(const char *kernel, size_t first, size_t cores)
{
    struct machine m = {.version = "1", .memory = 64 * GB};
    snprintf(m.kernel, sizeof m.kernel, "%s", kernel);
    for (size_t i = first; i < first + cores; i++)
        m.allowed[i / 64] |= (uint64_t)1 << i % 64;
    return m;
}

static struct machine limited(struct machine m, uint64_t group, uint64_t quota, uint64_t memory)
{
    m.quota_group = quota ? group : 0;
    m.memory_group = memory ? group : 0;
    m.quota = quota;
    m.memory_limit = memory;
    return m;
}

static void check(const struct machine *all, size_t ranks, size_t rank, size_t hosts, size_t cores)
{
    const struct machine_share s = machine_share(all, ranks, rank);
    if (s.hosts != hosts || s.cores != cores)
        fail_msg("rank %zu of %zu: %zu hosts, %zu cores, want %zu and %zu", rank, ranks, s.hosts,
                 s.cores, hosts, cores);
}

static void check_memory(const struct machine *all, size_t ranks, size_t rank, size_t memory,
                         size_t sharing)
{
    const struct machine_share s = machine_share(all, ranks, rank);
    if (s.memory != memory || s.memory_ranks != sharing)
        fail_msg("rank %zu of %zu: %zu bytes for %zu, want %zu for %zu", rank, ranks, s.memory,
                 s.memory_ranks, memory, sharing);
}

static void ranks_of_a_machine_share_its_cores(void **state)
{
    (void)state;
    const struct machine all[] = {place("a", 0, 8), place("a", 0, 8), place("b", 0, 8),
                                  place("a", 0, 8)};
    for (size_t r = 0; r < 4; r++)
        check(all, 4, r, 2, r == 2 ? 8 : 2);
    check_memory(all, 4, 0, 64 * GB, 3);
    check_memory(all, 4, 2, 64 * GB, 1);
    const struct machine many[] = {place("a", 0, 1), place("a", 0, 1), place("a", 0, 1)};
    check(many, 3, 1, 1, 1);
}

static void bound_ranks_have_their_own(void **state)
{
    (void)state;
    const struct machine all[] = {place("a", 0, 4), place("a", 4, 4), place("a", 2, 4),
                                  place("a", 8000, 3)};
    check(all, 3, 0, 1, 2); // two may use cores 2 and 3
    check(all, 3, 2, 1, 1); // all do
    check(all, 2, 0, 1, 4);
    check(all, 4, 3, 1, 3);
    check_memory(all, 4, 3, 64 * GB, 4);
}

static void containers_have_limits_of_their_own(void **state)
{
    (void)state;
    const struct machine open = place("a", 0, 16);
    const struct machine all[] = {limited(open, 7, 4, 8 * GB), limited(open, 7, 4, 8 * GB),
                                  limited(open, 9, 4, 0), open};
    check(all, 4, 0, 1, 2); // two ranks in a container of 4 cores
    check(all, 4, 2, 1, 4);
    check(all, 4, 3, 1, 4); // no limit but the machine
    check_memory(all, 4, 0, 8 * GB, 2);
    check_memory(all, 4, 2, 64 * GB, 4);
    // A container of more than the machine, and one bound to fewer cores than its quota.
    const struct machine odd[] = {limited(place("a", 0, 2), 7, 32, 512 * GB),
                                  limited(place("a", 2, 1), 7, 32, 512 * GB)};
    check(odd, 2, 0, 1, 2);
    check(odd, 2, 1, 1, 1);
    check_memory(odd, 2, 1, 64 * GB, 2);
    // Bound to a core each, in a container with half of them.
    const struct machine tight[] = {limited(place("a", 0, 1), 7, 1, 0),
                                    limited(place("a", 1, 1), 7, 1, 0)};
    const struct machine_share s = machine_share(tight, 2, 0);
    assert_true(s.cores == 1 && s.overlapping == 1 && s.quota == 1 && s.in_quota == 2);
}

// Groups have numbers of their kernel.
static void other_machines_do_not_count(void **state)
{
    (void)state;
    const struct machine all[] = {limited(place("a", 0, 8), 7, 4, GB),
                                  limited(place("b", 0, 8), 7, 4, GB)};
    check(all, 2, 0, 2, 4);
    check_memory(all, 2, 0, GB, 1);
}

static void the_last_rank_of_another_machine_is_far(void **state)
{
    (void)state;
    const struct machine a = place("a", 0, 8), b = place("b", 0, 8);
    const struct machine in_turn[] = {a, b, a, b, a}, here[] = {a, a, a};
    assert_int_equal(machine_far(in_turn, 5), 3);
    assert_int_equal(machine_far(in_turn, 2), 1);
    assert_int_equal(machine_far(here, 3), 2);
}

static void this_machine_is_described(void **state)
{
    (void)state;
    struct machine m[2];
    cpu_set_t set;
    size_t cores = 0;
    machine_describe(&m[0]);
    machine_describe(&m[1]);
    assert_memory_equal(&m[0], &m[1], sizeof m[0]);
    assert_true(strlen(m[0].kernel) > 0 && !strchr(m[0].kernel, '\n'));
    assert_true(m[0].memory > (uint64_t)16 << 20);
    assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
    for (size_t i = 0; i < MACHINE_CORES_MAX; i++)
        cores += m[0].allowed[i / 64] >> i % 64 & 1;
    assert_int_equal(cores, CPU_COUNT(&set));
    const struct machine_share s = machine_share(m, 2, 1);
    assert_true(s.hosts == 1 && s.overlapping == 2 && s.memory_ranks == 2 && s.cores >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_of_a_machine_share_its_cores),
        cmocka_unit_test(bound_ranks_have_their_own),
        cmocka_unit_test(containers_have_limits_of_their_own),
        cmocka_unit_test(other_machines_do_not_count),
        cmocka_unit_test(the_last_rank_of_another_machine_is_far),
        cmocka_unit_test(this_machine_is_described),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
