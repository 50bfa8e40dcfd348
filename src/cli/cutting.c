/* SPDX-License-Identifier: MIT */
#include "cli/cutting.h"

#include "base/duration.h"
#include "cli/command.h"
#include "cli/rules.h"

int cutting_islands(const struct command *self, char **words, json_t **ret)
{
    json_t *islands = json_array(), *island;

    for (; *words; words++) {
        if (island_read(self, "", *words, &island) != COMMAND_GO) {
            json_decref(islands);
            return STATUS_BAD_INPUT;
        }
        json_array_append_new(islands, island);
    }
    if (json_array_size(islands) == 1) {
        json_decref(islands);
        return command_refuse(self, "one island is not enough: name two or more, as in epmdpxy %s node1,node2 node3",
                              self->name);
    }
    *ret = islands;
    return COMMAND_GO;
}

/* The topology among the options; *ret_node is the node that it is about, or NULL. Returns how many there are. */
static int topology_of(const struct cutting *cutting, const char **ret_name, const char **ret_node)
{
    const struct {
        bool given;
        const char *name, *node;
    } all[] = {
        {cutting->halves, "halves", NULL},
        {cutting->random_halves, "random-halves", NULL},
        {cutting->isolate != NULL, "isolate", cutting->isolate},
        {cutting->majorities_ring, "majorities-ring", NULL},
        {cutting->bridge != NULL, "bridge", cutting->bridge},
    };
    int count = 0;

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (all[i].given) {
            *ret_name = all[i].name;
            *ret_node = all[i].node;
            count++;
        }
    return count;
}

static void set_text(json_t *body, const char *key, const char *text)
{
    if (text)
        json_object_set_new(body, key, json_string(text));
}

static int add_topology(const struct command *self, const struct cutting *cutting, const char *name, const char *node,
                        json_t *body)
{
    json_t *of;

    if (cutting->one_way)
        return command_refuse(self, "--one-way: goes with islands; --%s cuts both ways", name);
    set_text(body, "topology", name);
    set_text(body, "node", node);
    if (cutting->of) {
        if (island_read(self, "--of: ", cutting->of, &of) != COMMAND_GO)
            return STATUS_BAD_INPUT;
        json_object_set_new(body, "of", of);
    }
    if (cutting->seed >= 0)
        json_object_set_new(body, "seed", json_integer(cutting->seed));
    return COMMAND_GO;
}

static int add_islands(const struct command *self, const struct cutting *cutting, char **words, json_t *body)
{
    json_t *islands;

    if (!words[0])
        return command_refuse(self,
                              "name two or more islands, as in epmdpxy %s node1,node2 node3, or a topology such as "
                              "--halves",
                              self->name);
    if (cutting->of || cutting->seed >= 0)
        return command_refuse(self, "--%s: goes with a topology, such as --random-halves", cutting->of ? "of" : "seed");
    if (cutting_islands(self, words, &islands) != COMMAND_GO)
        return STATUS_BAD_INPUT;
    json_object_set_new(body, "islands", islands);
    json_object_set_new(body, "one_way", json_boolean(cutting->one_way));
    return COMMAND_GO;
}

int cutting_body(const struct command *self, const struct cutting *cutting, char **words, json_t **ret)
{
    const char *name = NULL, *node = NULL;
    json_t *body = json_object();
    char time[32];
    int count = topology_of(cutting, &name, &node), status;

    if (count > 1)
        status = command_refuse(self, "one topology at a time");
    else if (count == 1 && words[0])
        status =
            command_refuse(self, "'%s' is one word too many: --%s makes its own islands; see --of", words[0], name);
    else if (count == 1)
        status = add_topology(self, cutting, name, node, body);
    else
        status = add_islands(self, cutting, words, body);
    if (status != COMMAND_GO) {
        json_decref(body);
        return status;
    }
    set_text(body, "mode", cutting->mode);
    set_text(body, "lease", cutting->lease);
    if (cutting->for_us) {
        duration_print_exact(cutting->for_us, time, sizeof(time));
        set_text(body, "for", time);
    }
    *ret = body;
    return COMMAND_GO;
}
