// SPDX-License-Identifier: MIT
// Two kinds of windows take turns: a long one with the workers in use, a short one with half or
// twice as many. More workers win when the rate is better by MARGIN, fewer when it is not worse by
// it: workers that bring nothing should sleep. Every trial that changes nothing doubles the time to
// the next one, every one that does brings it back to the shortest, so a quiet machine pays a few
// tenths of a percent and a contended one is noticed within some milliseconds. A call that waited
// for a helper for most of a time slice ends its window at once: a failed trial of more, or a
// reason to try fewer.
#include "kern/pace.h"

#define TRIAL_SECONDS  0.004 // of fewer workers: a time slice of the scheduler
#define LONGER_SECONDS 0.020 // of more: several slices, for a contended core is free in between
#define FIRST_SECONDS  0.1   // between a change and the next trial
#define LONGEST_WINDOW 2.0
#define MARGIN         0.03
#define APART          250.0 // times what the last step of a trial took beyond its window
#define STALL_SECONDS  0.001

void pace_init(struct pace *p, size_t most)
{
    *p = (struct pace){
        .most = most, .active = most, .downward = true, .patience = FIRST_SECONDS, .until = -1};
}

// The first half of a window does not count, but for a call that is held up in it: a thread that
// was just woken often shares a core with the one that woke it until the scheduler moves it.
static void start_window(struct pace *p, double now, double length)
{
    p->settled_at = now + length / 2;
    p->settling = true;
    p->until = now + length;
    p->length = length;
    p->seconds = p->work = 0;
}

size_t pace_begin(struct pace *p, double now)
{
    p->begun = now;
    if (p->until < 0)
        start_window(p, now, LONGER_SECONDS);
    return p->trial ? p->trial : p->active;
}

// Half or twice the workers, in turn; the only direction there is at either end.
static size_t next_trial(struct pace *p)
{
    const bool down = p->active == p->most || (p->downward && p->active > 1);
    p->downward = !down;
    if (down)
        return (p->active + 1) / 2;
    return 2 * p->active < p->most ? 2 * p->active : p->most;
}

static void finish_trial(struct pace *p, double rate, double now)
{
    const double needed = p->trial > p->active ? 1 + MARGIN : 1 - MARGIN;
    const bool changed = rate > p->rate * needed;
    if (changed) {
        p->active = p->trial;
        p->patience = FIRST_SECONDS;
    } else {
        p->patience = 2 * p->patience < LONGEST_WINDOW ? 2 * p->patience : LONGEST_WINDOW;
    }
    p->trial = 0;
    const double excess = now - p->until; // a single step may take seconds
    const double least = changed || excess < p->length ? 0 : APART * excess;
    start_window(p, now, p->patience > least ? p->patience : least);
}

// Was a helper kept from running for longer than the caller's own work took?
static bool held_up(const struct pace *p, double stalled, double now)
{
    return stalled > STALL_SECONDS && stalled > (now - p->begun) / 2;
}

void pace_end(struct pace *p, double work, double stalled, double now)
{
    const bool held = held_up(p, stalled, now);
    if (p->most <= 1)
        return;
    if (p->settling && now >= p->settled_at) {
        p->settling = false;
        p->seconds = p->work = 0;
    }
    p->seconds += now - p->begun;
    p->work += work;
    if ((now < p->until && !held) || p->seconds <= 0)
        return;
    const double rate = p->work / p->seconds;
    if (p->trial) {
        finish_trial(p, rate, now);
        return;
    }
    p->rate = rate;
    p->downward |= held;
    p->trial = next_trial(p);
    start_window(p, now, p->trial > p->active ? LONGER_SECONDS : TRIAL_SECONDS);
}
