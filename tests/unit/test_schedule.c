// SPDX-License-Identifier: MIT
// Learning rates and momenta against those of the real torch (tests/golden/make_schedule.py), and
// the warm-up, which torch does not have.
#include "testing.h"

#include "base/file.h"
#include "train/schedule.h"

static void read_golden(struct buf *text)
{
    struct error e = {0};
    const char *folder = getenv("SKIFF_SRCDIR");
    char *path = file_join(folder ? folder : ".", "tests/golden/schedule.txt");
    buf_init(text, 1 << 20);
    CHECK_OK(file_read_all(path, 1 << 20, text, &e), e);
    mem_free(path);
}

static void check_step(const struct schedule *s, uint64_t step, double lr, double momentum)
{
    // torch multiplies its way from step to step where we have a closed form: a few roundings
    const struct schedule_point p = schedule_at(s, step);
    const double tolerance = 1e-13 * s->lr;
    if (!(fabs(p.lr - lr) <= tolerance) || !(fabs(p.momentum - momentum) <= 1e-14))
        fail_msg("kind %d, lr %g, step %llu: %.17g and %.17g, want %.17g within %.3g and %.17g",
                 (int)s->kind, s->lr, (unsigned long long)step, p.lr, p.momentum, lr, tolerance,
                 momentum);
}

// The schedule of a case's first line.
static void begin_case(struct schedule *s, const char *line)
{
    static const char *const names[] = {"constant", "step", "cosine", "onecycle"};
    char name[16], optimizer[16];
    struct train_config c = {0};
    long long step_size, epochs, per_epoch;
    double momentum;
    assert_int_equal(sscanf(line, "%15s %15s %lf %lf %lld %lld %lld %lf", name, optimizer,
                            &c.learning_rate, &c.gamma, &step_size, &epochs, &per_epoch, &momentum),
                     8);
    while (strcmp(names[c.schedule], name) != 0)
        c.schedule++;
    const bool sgd = strcmp(optimizer, "sgd") == 0;
    c.optimizer = sgd ? OPTIM_SGD : OPTIM_ADAM;
    c.momentum = sgd ? momentum : 0;
    c.step_size = step_size;
    c.epochs = epochs;
    schedule_init(s, &c, momentum, (uint64_t)per_epoch);
}

static void follows_torch(void **state)
{
    (void)state;
    struct buf text;
    struct schedule s = {0};
    uint64_t step = 0;
    size_t cases = 0, steps = 0;
    read_golden(&text);
    for (const char *line = text.data; *line; line += strcspn(line, "\n") + 1) {
        double lr, momentum;
        if (sscanf(line, "%lf %lf", &lr, &momentum) == 2) {
            check_step(&s, step++, lr, momentum);
            steps++;
            continue;
        }
        assert_int_equal(step, s.epochs * s.steps_per_epoch); // the case before is complete
        begin_case(&s, line);
        step = 0;
        cases++;
    }
    assert_true(cases == 14 && steps > 300);
    buf_clear(&text);
}

static struct schedule with_warmup(enum schedule_kind kind, double warmup)
{
    const struct train_config c = {.schedule = (int)kind,
                                   .learning_rate = 1,
                                   .gamma = 0.5,
                                   .step_size = 2,
                                   .epochs = 10,
                                   .warmup = warmup,
                                   .optimizer = OPTIM_ADAM};
    struct schedule s;
    schedule_init(&s, &c, 0.9, 4);
    return s;
}

// Linear up to the full rate at the last step of the warm-up, then the schedule over what is left.
static void warms_up_step_by_step(void **state)
{
    (void)state;
    for (int kind = SCHEDULE_CONSTANT; kind <= SCHEDULE_ONECYCLE; kind++) {
        const struct schedule s = with_warmup((enum schedule_kind)kind, 2);
        assert_int_equal(s.warmup_steps, 8);
        for (uint64_t step = 0; step < 8; step++)
            check_step(&s, step, (double)(step + 1) / 8, 0.9);
        if (kind != SCHEDULE_ONECYCLE)
            check_step(&s, 8, 1, 0.9);
    }
    const struct schedule half = with_warmup(SCHEDULE_CONSTANT, 0.4); // 1.6 steps: two
    check_step(&half, 0, 0.5, 0.9);
    check_step(&half, 1, 1, 0.9);
    check_step(&half, 2, 1, 0.9);
}

static void the_rest_follows_the_schedule(void **state)
{
    (void)state;
    struct schedule s = with_warmup(SCHEDULE_STEP, 2);
    check_step(&s, 8 + 7, 1, 0.9);   // two epochs after the warm-up
    check_step(&s, 8 + 8, 0.5, 0.9); // the next two
    check_step(&s, 39, 0.125, 0.9);  // epochs 6 and 7 behind it
    s = with_warmup(SCHEDULE_COSINE, 2);
    check_step(&s, 8 + 16, 0.5, 0.9); // half of the eight epochs that are left
    check_step(&s, 39, (1 + cos(3.14159265358979323846 * 7 / 8)) / 2, 0.9);
    s = with_warmup(SCHEDULE_ONECYCLE, 2);
    check_step(&s, 8, 1.0 / 25, 0.95); // a cycle of 32 steps
    check_step(&s, 39, 1.0 / 25 / 1e4, 0.95);
}

// A warm-up as long as the run or longer leaves nothing to schedule, and no division by zero.
static void warms_up_for_ever(void **state)
{
    (void)state;
    for (int kind = SCHEDULE_CONSTANT; kind <= SCHEDULE_ONECYCLE; kind++)
        for (double warmup = 10; warmup <= 1e9; warmup *= 10) {
            const struct schedule s = with_warmup((enum schedule_kind)kind, warmup);
            double last = 0;
            for (uint64_t step = 0; step < 40; step++) {
                const struct schedule_point p = schedule_at(&s, step);
                if (!(p.lr > last && p.lr <= 1))
                    fail_msg("warm-up of %g epochs, step %llu: %g after %g", warmup,
                             (unsigned long long)step, p.lr, last);
                last = p.lr;
            }
            assert_true(isfinite(schedule_at(&s, s.warmup_steps).lr));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_torch),
        cmocka_unit_test(warms_up_step_by_step),
        cmocka_unit_test(the_rest_follows_the_schedule),
        cmocka_unit_test(warms_up_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
