// SPDX-License-Identifier: MIT
// The secret of a job: what is taken as one, and proofs of it.
#include "testing.h"

#include "base/file.h"
#include "dist/secret.h"

#define GREETING "skiff-join 3 0.1.0 1 2 1 3 0 00112233445566778899aabbccddeeff"

static struct secret take(const char *text)
{
    struct secret s;
    struct error e = {0};
    CHECK_OK(secret_take(&s, text, strlen(text), "test", &e), e);
    return s;
}

static void sizes_have_bounds(void **state)
{
    (void)state;
    static char text[SECRET_MOST + 2];
    struct secret s;
    struct error e = {0};
    memset(text, 'x', sizeof text - 1);
    assert_int_equal(secret_take(&s, text, SECRET_LEAST, "test", &e), 0);
    assert_int_equal(secret_take(&s, text, SECRET_MOST, "test", &e), 0);
    assert_int_equal(s.size, SECRET_MOST);
    error_clear(&e);
    check_refused(secret_take(&s, text, SECRET_MOST + 1, "test", &e), ERR_USAGE, &e,
                  "16 to 1024 bytes, not 1025");
    error_clear(&e);
    check_refused(secret_take(&s, text, SECRET_LEAST - 1, "test", &e), ERR_USAGE, &e,
                  "test: a job's secret has 16 to 1024 bytes, not 15");
    error_clear(&e);
    check_refused(secret_take(&s, "fifteen bytes..\n\n", 17, "test", &e), ERR_USAGE, &e, "not 15");
    assert_int_equal(s.size, 0);
    assert_null(strstr(e.text, "fifteen"));
}

static void write_secret(const char *text, size_t size)
{
    struct error e = {0};
    CHECK_OK(file_write_all(test_path("secret"), text, size, &e), e);
}

static int read_secret(void *context, struct error *e)
{
    return secret_read(context, test_path("secret"), e);
}

static void files_are_read(void **state)
{
    (void)state;
    struct secret s;
    struct error e = {0};
    write_secret("a secret of a job\r\n", 19);
    CHECK_OK(read_secret(&s, &e), e);
    assert_true(s.size == 17 && memcmp(s.bytes, "a secret of a job", 17) == 0);
    assert_true(check_failing_memory(read_secret, &s) >= 1);
    write_secret("", 0);
    error_clear(&e);
    check_refused(read_secret(&s, &e), ERR_USAGE, &e, "secret: a job's secret has 16");
    secret_clear(&s);
    error_clear(&e);
    check_refused(secret_read(&s, test_path("none"), &e), ERR_IO, &e, "none");
}

static void proofs_hold_once(void **state)
{
    (void)state;
    const struct secret s = take("a secret of a job"), other = take("a secret of a jog");
    char nonce[SECRET_NONCE], again[SECRET_NONCE], proof[SECRET_PROOF];
    assert_int_equal(secret_nonce(nonce, NULL), 0);
    assert_int_equal(secret_nonce(again, NULL), 0);
    assert_true(secret_is_nonce(nonce) && secret_is_nonce(again));
    assert_string_not_equal(nonce, again);
    secret_prove(&s, "worker", GREETING, nonce, proof);
    assert_true(secret_proves(&s, "worker", GREETING, nonce, proof));
    assert_false(secret_proves(&other, "worker", GREETING, nonce, proof));
    assert_false(secret_proves(&s, "leader", GREETING, nonce, proof));
    assert_false(secret_proves(&s, "worker", GREETING "0", nonce, proof));
    assert_false(secret_proves(&s, "worker", GREETING, again, proof));
    assert_false(secret_proves(&s, "worker", GREETING, nonce, proof + 1));
    assert_false(secret_proves(&s, "worker", GREETING, nonce, ""));
    for (size_t i = 0; i < SECRET_PROOF - 1; i++) {
        const char kept = proof[i];
        proof[i] = kept == '0' ? '1' : '0';
        assert_false(secret_proves(&s, "worker", GREETING, nonce, proof));
        proof[i] = i % 2 ? 'x' : 'A';
        assert_false(secret_proves(&s, "worker", GREETING, nonce, proof));
        proof[i] = kept;
    }
}

static void challenges_are_answered(void **state)
{
    (void)state;
    const struct secret s = take("a secret of a job"), other = take("a secret of a jog");
    char nonce[SECRET_NONCE], proof[SECRET_PROOF], answer[SECRET_PROOF], line[256];
    assert_int_equal(secret_nonce(nonce, NULL), 0);
    secret_prove(&s, "leader", GREETING, nonce, proof);
    snprintf(line, sizeof line, "challenge %s %s", nonce, proof);
    assert_true(secret_answer(&s, GREETING, line, answer));
    assert_true(secret_proves(&s, "worker", GREETING, nonce, answer));
    assert_false(secret_answer(&other, GREETING, line, answer));
    assert_false(secret_answer(&s, GREETING "0", line, answer));
    for (size_t length = 0; length < strlen(line); length++) {
        char cut[sizeof line];
        memcpy(cut, line, length);
        cut[length] = '\0';
        assert_false(secret_answer(&s, GREETING, cut, answer));
    }
    for (size_t i = 0; line[i]; i++) {
        line[i]++;
        assert_false(secret_answer(&s, GREETING, line, answer));
        line[i]--;
    }
}

// As Python's hmac says it.
static void proofs_are_hmac(void **state)
{
    (void)state;
    const struct secret s = take("a secret of a job");
    char proof[SECRET_PROOF];
    secret_prove(&s, "leader", "hello", "0123", proof);
    assert_string_equal(proof, "f367552b42ce73943be3578eb973fc1776c0281b33df1bc841063367e3fa121e");
}

static void nonces_have_a_form(void **state)
{
    (void)state;
    assert_true(secret_is_nonce("0123456789abcdef0123456789abcdef"));
    static const char *const bad[] = {"", "-", "0123456789abcdef0123456789abcde",
                                      "0123456789abcdef0123456789abcdef0",
                                      "0123456789abcdef0123456789abcdeF"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(secret_is_nonce(bad[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_have_bounds),  cmocka_unit_test(files_are_read),
        cmocka_unit_test(proofs_hold_once),   cmocka_unit_test(proofs_are_hmac),
        cmocka_unit_test(nonces_have_a_form), cmocka_unit_test(challenges_are_answered),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
