/* SPDX-License-Identifier: MIT */
/*
 * The event loop: one thread, in which everything runs.
 *
 * A watch tells when a descriptor is ready, an alarm when a time has come. Both are heap objects with a life of their
 * own: free them at any moment, also inside their own callback, and no callback comes any more. The descriptor stays
 * the owner's: free the watch first, then close it.
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct watch;
struct alarm;

enum ready {
    READY_READ = 1,
    READY_WRITE = 2,
    READY_HANGUP = 4, /* the peer has ended its stream, or reset the connection */
    READY_FAILED = 8, /* reported with all that is wanted: the connection is broken, nothing will be reported again */
};

typedef void watch_fn(void *data, unsigned ready); /* a set of enum ready */
typedef void alarm_fn(void *data);

/* Returns NULL, and errno, when the kernel has none to give. */
struct loop *loop_new(void);
/* Every watch and alarm must be freed before. */
void loop_free(struct loop *loop);

/* Runs until loop_stop(). */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/*
 * From now on it looks on for up to so long before it sleeps, when that pays (loop/awake.h); 0: never, nor where there
 * is one processor only. loop_awake_us() tells how long it is.
 */
void loop_stay_awake(struct loop *loop, uint64_t limit_us);
uint64_t loop_awake_us(const struct loop *loop);

/* How many watches have something to do in this turn; 1 at least. Whoever has much to do leaves time to the others. */
size_t loop_crowd(const struct loop *loop);

/*
 * Two clocks that only go forward. The first is read once per turn of the loop: for patience and for alarms, where many
 * ask and the length of a turn does not matter. The second is read afresh at every call: for pacing bytes and for
 * deadlines (loop/deadlines.h), where it does. The first lags behind, so never compare a time of one with the other's.
 */
uint64_t loop_now_ms(const struct loop *loop);
uint64_t loop_clock_us(const struct loop *loop);

/* The time of day, to be shown to people: since 1970, and it may jump. */
uint64_t loop_wall_ms(void);

/*
 * Watches nothing until watch_want(); the descriptor does not block from now on. Returns NULL, and errno, when the
 * kernel does not watch it: such is its kind, or there are too many already (ENOSPC, also for the kernel's ENOMEM:
 * that is the word for descriptors that have run out, for which others make room).
 */
struct watch *watch_new(struct loop *loop, int fd, watch_fn *fn, void *data);

/*
 * Report these from now on, as long as they hold (level-triggered); 0: report nothing. After READY_FAILED this does
 * nothing: every read and write gives its final answer at once then. Returns 0, or such an errno, negative, when the
 * kernel refuses: it stays as it was. Try again, or close what is watched, lest nobody ever hears of it again.
 */
int watch_want(struct watch *watch, unsigned wanted) __attribute__((warn_unused_result));

/* Hands the watch over: another owner is called from now on. */
void watch_give(struct watch *watch, watch_fn *fn, void *data);

void watch_free(struct watch *watch); /* NULL is fine */

struct alarm *alarm_new(struct loop *loop, alarm_fn *fn, void *data);
/* Once; a second call moves it. 0: in the next turn, after what is ready then, and never earlier. */
void alarm_set(struct alarm *alarm, uint64_t in_ms);
void alarm_clear(struct alarm *alarm);
void alarm_free(struct alarm *alarm); /* NULL is fine */

/* Calls fn when the process gets that signal, until loop_free(). */
void loop_on_signal(struct loop *loop, int signal, alarm_fn *fn, void *data);

#endif
