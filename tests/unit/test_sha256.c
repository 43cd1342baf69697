// SPDX-License-Identifier: MIT
// SHA-256 and HMAC: the examples of FIPS 180-4 and RFC 4231, any division of a text into pieces,
// the sizes around a block.
#include "testing.h"

#include "base/sha256.h"

static void to_hex(const unsigned char digest[SHA256_SIZE], char hex[2 * SHA256_SIZE + 1])
{
    for (size_t i = 0; i < SHA256_SIZE; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

static void check_digest(const void *text, size_t size, const char *want)
{
    unsigned char digest[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1];
    struct sha256 s;
    sha256_begin(&s);
    sha256_add(&s, text, size);
    sha256_end(&s, digest);
    to_hex(digest, hex);
    assert_string_equal(hex, want);
}

static void standard_examples(void **state)
{
    (void)state;
    static const struct {
        const char *text, *digest;
    } cases[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqr"
         "lmnopqrsmnopqrstnopqrstu",
         "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_digest(cases[i].text, strlen(cases[i].text), cases[i].digest);
    char *million = mem_alloc(1000000);
    memset(million, 'a', 1000000);
    check_digest(million, 1000000,
                 "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    mem_free(million);
}

static void pieces_add_up(void **state)
{
    (void)state;
    unsigned char text[3 * SHA256_BLOCK], whole[SHA256_SIZE], parts[SHA256_SIZE];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (unsigned char)(7 * i + 3);
    for (size_t size = 0; size <= sizeof text; size++) {
        struct sha256 a, b;
        sha256_begin(&a);
        sha256_add(&a, text, size);
        sha256_end(&a, whole);
        sha256_begin(&b);
        for (size_t at = 0, piece; at < size; at += piece) {
            piece = at % 5 + 1 < size - at ? at % 5 + 1 : size - at;
            sha256_add(&b, text + at, piece);
        }
        sha256_end(&b, parts);
        assert_true(sha256_same(whole, parts));
    }
}

struct rfc {
    unsigned char key[131];
    size_t key_size;
    const void *text;
    size_t text_size;
    const char *digest; // the beginning of it, in one of them
};

static void check_hmac(const struct rfc *c)
{
    unsigned char digest[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1];
    struct hmac h;
    hmac_begin(&h, c->key, c->key_size);
    hmac_add(&h, c->text, c->text_size / 2);
    hmac_add(&h, (const char *)c->text + c->text_size / 2, c->text_size - c->text_size / 2);
    hmac_end(&h, digest);
    to_hex(digest, hex);
    hex[strlen(c->digest)] = '\0';
    assert_string_equal(hex, c->digest);
}

// RFC 4231, 4.2 to 4.8.
static void rfc_examples(void **state)
{
    (void)state;
    static struct rfc cases[7] = {
        {.key_size = 20,
         .text = "Hi There",
         .text_size = 8,
         .digest = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {.key = "Jefe",
         .key_size = 4,
         .text = "what do ya want for nothing?",
         .text_size = 28,
         .digest = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {.key_size = 20,
         .text_size = 50,
         .digest = "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {.key_size = 25,
         .text_size = 50,
         .digest = "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
        {.key_size = 20,
         .text = "Test With Truncation",
         .text_size = 20,
         .digest = "a3b6167473100ee06e0c796c2955552b"},
        {.key_size = 131,
         .text = "Test Using Larger Than Block-Size Key - Hash Key First",
         .text_size = 54,
         .digest = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {.key_size = 131,
         .text = "This is a test using a larger than block-size key and a larger than block-size "
                 "data. The key needs to be hashed before being used by the HMAC algorithm.",
         .text_size = 152,
         .digest = "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
    };
    static const unsigned char fill[7] = {0x0b, 0, 0xaa, 0, 0x0c, 0xaa, 0xaa};
    unsigned char dd[50], cd[50];
    memset(dd, 0xdd, sizeof dd);
    memset(cd, 0xcd, sizeof cd);
    cases[2].text = dd;
    cases[3].text = cd;
    for (size_t i = 0; i < 7; i++) {
        if (fill[i])
            memset(cases[i].key, fill[i], cases[i].key_size);
        for (unsigned char k = 0; i == 3 && k < 25; k++)
            cases[i].key[k] = (unsigned char)(k + 1);
        check_hmac(&cases[i]);
    }
}

static void any_bit_tells(void **state)
{
    (void)state;
    unsigned char a[SHA256_SIZE] = {1, 2, 3}, b[SHA256_SIZE];
    for (size_t bit = 0; bit < 8 * sizeof a; bit++) {
        memcpy(b, a, sizeof b);
        assert_true(sha256_same(a, b));
        b[bit / 8] ^= (unsigned char)(1 << bit % 8);
        assert_false(sha256_same(a, b));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(standard_examples),
        cmocka_unit_test(pieces_add_up),
        cmocka_unit_test(rfc_examples),
        cmocka_unit_test(any_bit_tells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
