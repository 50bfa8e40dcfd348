/* SPDX-License-Identifier: MIT */
#include "cli/rules.h"

#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "cli/command.h"
#include "model/faults.h"

int island_read(const struct command *self, const char *where, const char *word, json_t **ret)
{
    json_t *island = json_array();
    const char *rest = word;

    for (;;) {
        size_t len = strcspn(rest, ",");

        if (len == 0 || json_array_append_new(island, json_stringn(rest, len)) < 0) {
            json_decref(island);
            return command_refuse(self,
                                  len == 0 ? "%san empty name in '%.200s'; write an island as node1,node2"
                                           : "%sa name that is not UTF-8 in '%.200s'",
                                  where, word);
        }
        if (!rest[len]) {
            *ret = island;
            return COMMAND_GO;
        }
        rest += len + 1;
    }
}

static void print_names(const json_t *island)
{
    const json_t *name;
    size_t i;

    json_array_foreach(island, i, name)
        printf("%s%s", i == 0 ? "" : ",", json_string_value(name));
}

static void print_islands(const json_t *islands, const char *first, const char *others)
{
    const json_t *island;
    size_t i;

    json_array_foreach(islands, i, island) {
        printf("%s", i == 0 ? "" : i == 1 ? first : others);
        print_names(island);
    }
}

void rule_print_nodes(const json_t *rule)
{
    const json_t *nodes = json_object_get(rule, "nodes"), *from = json_object_get(rule, "from");
    bool one_way = json_is_true(json_object_get(rule, "one_way"));

    if (nodes) {
        print_names(nodes);
    } else if (from) {
        print_names(from);
        printf(" -> ");
        print_names(json_object_get(rule, "to"));
    } else {
        print_islands(json_object_get(rule, "between"), " <-> ", " <-> ");
        print_islands(json_object_get(rule, "islands"), one_way ? " -> " : " | ", " | ");
    }
}

/* What was left at its default goes without saying. */
static void print_params(const json_t *rule, const char *before)
{
    const char *kind = json_string_value(json_object_get(rule, "fault"));
    struct fault fault;
    struct refusal refusal;

    if (!kind || fault_named(kind, &fault, &refusal) < 0)
        return;
    for (size_t i = 0; i < fault_row(fault.kind)->params_count; i++) {
        const struct param_row *row = &fault_row(fault.kind)->params[i];
        const char *value = json_string_value(json_object_get(json_object_get(rule, "params"), row->name));

        if (value && (!row->fallback || strcmp(value, row->fallback) != 0)) {
            printf("%s%s=%s", before, row->name, value);
            before = " ";
        }
    }
}

static void print_end(const json_t *rule)
{
    const json_t *ends = json_object_get(rule, "ends_in_ms"), *fixed = json_object_get(rule, "fixed"), *islands;
    const char *dialler = json_string_value(json_object_get(rule, "dialled_by"));
    const char *lease = json_string_value(json_object_get(rule, "lease"));
    char left[32];
    size_t i;

    if (dialler)
        printf("; dialled by %s", dialler);
    json_array_foreach(fixed, i, islands) {
        printf("; but not ");
        print_islands(islands, " | ", " | ");
    }
    if (ends) {
        duration_print((uint64_t)json_integer_value(ends) * 1000, left, sizeof(left));
        printf("; %s left", left);
    }
    if (lease)
        printf("; lease %s", lease);
}

void rule_print(const json_t *rule)
{
    const char *kind = json_string_value(json_object_get(rule, "fault"));

    printf("#%lld ", json_integer_value(json_object_get(rule, "id")));
    if (kind && strcmp(kind, "partition") == 0) {
        printf("cut ");
        rule_print_nodes(rule);
        print_params(rule, "; ");
    } else {
        printf("%s", kind ? kind : "?");
        print_params(rule, " ");
        printf(": ");
        rule_print_nodes(rule);
    }
    print_end(rule);
    printf("\n");
}

void rules_print_remarks(const json_t *answer)
{
    const char *advice = json_string_value(json_object_get(answer, "advice"));
    const json_t *note;
    size_t i;

    json_array_foreach(json_object_get(answer, "notes"), i, note)
        printf("note: %s\n", json_string_value(note));
    if (advice)
        printf("advice: %s\n", advice);
}
