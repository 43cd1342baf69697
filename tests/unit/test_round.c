// SPDX-License-Identifier: MIT
// Rounds of a run that is restarted: pauses, who may go on without whom, what the leader tells.
#include "testing.h"

#include "dist/round.h"

static void pauses_grow(void **state)
{
    (void)state;
    static const double want[] = {0, 1, 2, 4, 8, 16, 32, 60, 60};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        assert_true(round_pause(i) == want[i]);
    assert_true(round_pause(ROUNDS_MAX) == 60);
}

// Hosts "1101" of as many.
static bool may_shrink(const char *present, bool elastic, size_t number)
{
    const struct bringup b = {.hosts = strlen(present), .elastic = elastic};
    struct round r = {.number = number};
    for (size_t i = 0; i < b.hosts; i++)
        r.present[i] = present[i] == '1';
    return round_may_shrink(&b, &r);
}

// Whatever way hosts are divided into two parts, one of them goes on at most.
static void two_parts_never_both_go_on(void **state)
{
    (void)state;
    for (size_t hosts = 1; hosts <= 8; hosts++)
        for (size_t mask = 0; mask < (size_t)1 << hosts; mask++) {
            char one[9] = "", other[9] = "";
            for (size_t i = 0; i < hosts; i++) {
                one[i] = mask >> i & 1 ? '1' : '0';
                other[i] = mask >> i & 1 ? '0' : '1';
            }
            assert_true(may_shrink(one, true, 1) + may_shrink(other, true, 1) == 1);
        }
    assert_true(may_shrink("10", true, 1));
    assert_false(may_shrink("01", true, 1));
    assert_false(may_shrink("001", true, 1));
    assert_false(may_shrink("110", false, 1)); // not asked for
    assert_false(may_shrink("110", true, 0));  // the first time all are wanted
}

static void the_leaders_word_comes_back(void **state)
{
    (void)state;
    const struct bringup leader = {.hosts = 5, .self = 1}, worker = {.hosts = 5, .self = 4};
    const struct round said = {
        .number = 17, .leader = 1, .present = {false, true, false, true, true}};
    struct round heard = {.leader = 1};
    char text[ROUND_TEXT_MAX];
    round_print(&leader, &said, text);
    assert_string_equal(text, "17 01011");
    assert_true(round_parse(text, &worker, &heard));
    assert_int_equal(heard.number, 17);
    assert_memory_equal(heard.present, said.present, sizeof heard.present);
}

static void other_words_do_not(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",        " ",        "01011",   "1 ",       "1 0101",         "1 010111",
        "1 0101x", "-1 01011", "x 01011", " 01011",   "1  01011",       "1001 01011",
        "1 11011", "1 00011",  "1 01010", "1 01011 ", "12345678 01011", "1.5 01011",
    };
    const struct bringup b = {.hosts = 5, .self = 4};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct round r = {.number = 3, .leader = 1};
        if (round_parse(bad[i], &b, &r))
            fail_msg("'%s' is taken", bad[i]);
        assert_int_equal(r.number, 3);
    }
}

static void hosts_close_ranks(void **state)
{
    (void)state;
    char *all[] = {"a", "b", "c", "d"}, *host[4];
    const struct bringup b = {.host = all, .hosts = 4, .self = 3, .restarts = 5, .port = 77};
    struct round r = {.number = 2, .leader = 1, .present = {false, true, false, true}};
    struct bringup some = round_hosts(&b, &r, host);
    assert_true(some.hosts == 2 && some.self == 1 && some.restarts == 3 && some.port == 77);
    assert_string_equal(some.host[0], "b");
    assert_string_equal(some.host[1], "d");
    r.number = 6;
    assert_int_equal(round_hosts(&b, &r, host).restarts, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pauses_grow),
        cmocka_unit_test(two_parts_never_both_go_on),
        cmocka_unit_test(the_leaders_word_comes_back),
        cmocka_unit_test(other_words_do_not),
        cmocka_unit_test(hosts_close_ranks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
