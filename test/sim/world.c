/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The daemon has been up for a while, and the day is any day: nothing may rely on a clock that begins at 0. */
#define BEGINNING_US (1000 * SECOND_US)
#define BEGINNING_WALL_MS UINT64_C(1800000000000)

static struct {
    uint64_t now_us, chance, hash, steps, numbers;
    int64_t wall_off_ms;
    bool traced;
    struct happening **heap;
    size_t count, room;
} world;

void world_begin(uint64_t seed, bool traced)
{
    world.now_us = BEGINNING_US;
    world.chance = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    world.hash = UINT64_C(0xcbf29ce484222325);
    world.steps = world.numbers = 0;
    world.wall_off_ms = 0;
    world.traced = traced;
    world.count = 0;
}

void world_end(void)
{
    if (world.count > 0)
        wrong("at the end of the world %zu things were still to happen", world.count);
    free(world.heap);
    world.heap = NULL;
    world.room = 0;
}

uint64_t now_us(void)
{
    return world.now_us;
}

void pass_us(uint64_t us)
{
    world.now_us += us;
}

uint64_t wall_ms(void)
{
    return BEGINNING_WALL_MS + (uint64_t)((int64_t)(world.now_us / MS_US) + world.wall_off_ms);
}

void jump_wall(int64_t ms)
{
    world.wall_off_ms += ms;
}

/* ---- chance: splitmix64, which is none of the daemon's ---- */

static uint64_t next(void)
{
    uint64_t mixed = world.chance += UINT64_C(0x9e3779b97f4a7c15);

    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

uint64_t draw(uint64_t n)
{
    return n > 1 ? next() % n : 0;
}

bool chance(unsigned of_1000)
{
    return draw(1000) < of_1000;
}

uint64_t draw_between(uint64_t least, uint64_t most)
{
    return least + draw(most - least + 1);
}

/* ---- what happens next: a heap, whoever is due first on top ---- */

static bool is_before(const struct happening *a, const struct happening *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->number < b->number;
}

static void put(size_t index, struct happening *happening)
{
    world.heap[index] = happening;
    happening->place = index + 1;
}

static void settle(size_t index, struct happening *happening)
{
    while (index > 0 && is_before(happening, world.heap[(index - 1) / 2])) {
        put(index, world.heap[(index - 1) / 2]);
        index = (index - 1) / 2;
    }
    for (;;) {
        size_t child = 2 * index + 1;

        if (child + 1 < world.count && is_before(world.heap[child + 1], world.heap[child]))
            child++;
        if (child >= world.count || !is_before(world.heap[child], happening))
            break;
        put(index, world.heap[child]);
        index = child;
    }
    put(index, happening);
}

void happen_not(struct happening *happening)
{
    struct happening *last;
    size_t index = happening->place - 1;

    if (!happening->place)
        return;
    happening->place = 0;
    last = world.heap[--world.count];
    if (last != happening)
        settle(index, last);
}

void happen_at(struct happening *happening, uint64_t at_us)
{
    assert(happening->fn);
    happen_not(happening);
    happening->at_us = at_us;
    happening->number = ++world.numbers;
    if (world.count == world.room) {
        world.room = world.room ? 2 * world.room : 64;
        world.heap = realloc(world.heap, world.room * sizeof(*world.heap));
    }
    settle(world.count++, happening);
}

void happen_in(struct happening *happening, uint64_t in_us)
{
    happen_at(happening, world.now_us + in_us);
}

bool world_step(uint64_t until_us)
{
    struct happening *first = world.count > 0 ? world.heap[0] : NULL;

    if (!first || first->at_us > until_us) {
        if (world.now_us < until_us)
            world.now_us = until_us;
        return false;
    }
    if (world.now_us < first->at_us)
        world.now_us = first->at_us;
    happen_not(first);
    world.steps++;
    first->fn(first->data);
    return true;
}

uint64_t world_steps(void)
{
    return world.steps;
}

/* ---- the trace ---- */

static void print_now(FILE *to)
{
    uint64_t us = world.now_us - BEGINNING_US;

    fprintf(to, "%5llu.%06llu ", (unsigned long long)(us / SECOND_US), (unsigned long long)(us % SECOND_US));
}

void trace(const char *format, ...)
{
    char line[512];
    va_list args;
    uint64_t us = world.now_us;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    for (const char *at = line; *at; at++)
        world.hash = (world.hash ^ (uint8_t)*at) * UINT64_C(0x100000001b3);
    for (; us > 0; us >>= 8)
        world.hash = (world.hash ^ (us & 0xff)) * UINT64_C(0x100000001b3);
    if (!world.traced)
        return;
    print_now(stdout);
    puts(line);
}

uint64_t trace_hash(void)
{
    return world.hash;
}

void wrong(const char *format, ...)
{
    va_list args;

    fflush(stdout);
    print_now(stderr);
    fputs("WRONG: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    fflush(stderr);
    _exit(3);
}
