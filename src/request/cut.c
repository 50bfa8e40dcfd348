/* SPDX-License-Identifier: MIT */
#include "request/cut.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "request/document.h"
#include "request/whom.h"

void cut_request_done(struct cut_request *request)
{
    islands_done(&request->islands);
    islands_done(&request->of);
    lifetime_done(&request->lifetime);
    free(request->node);
    *request = (struct cut_request){0};
}

static int set_mode(struct cut_request *request, const char *mode, struct refusal *refusal)
{
    int status = fault_named("partition", &request->fault, refusal);

    return status == 0 && mode ? fault_set(&request->fault, "mode", mode, refusal) : status;
}

/* What words and documents have in common. Takes the request over when it fails. */
static int finish(struct cut_request *request, int status, struct cut_request *ret, struct refusal *refusal)
{
    if (status == 0 && !request->by_topology)
        status = islands_check(&request->islands, refusal);
    if (status == 0)
        *ret = *request;
    else
        cut_request_done(request);
    return status;
}

/* ---- words ---- */

#define AT(field) offsetof(struct cut_words, field)

static const struct option_row option_rows[] = {
    {"one-way", NULL, "only what the first island sends to the others", OPTION_FLAG, AT(one_way), 0, 0, NULL},
    {"mode", "MODE", "how it looks to the nodes, see epmdpxy cut --help", OPTION_TEXT, AT(mode), 0, 0, NULL},
#define X(name, text, needs_node, uses_chance, least, help)                                    \
    {text,                                                                                     \
     (needs_node) ? "NODE" : NULL,                                                             \
     help,                                                                                     \
     (needs_node) ? OPTION_TEXT : OPTION_FLAG,                                                 \
     (needs_node) ? AT(topologies[TOPOLOGY_##name].node) : AT(topologies[TOPOLOGY_##name].is), \
     0,                                                                                        \
     0,                                                                                        \
     NULL},
    TOPOLOGIES(X)
#undef X
        {"of", "ISLAND", "the nodes that these split (all registered ones)", OPTION_TEXT, AT(of), 0, 0, NULL},
    {"seed", "N", "chance to be repeated: same seed, same nodes, same cut", OPTION_NUMBER, AT(seed), 0, INT_MAX, NULL},
    {"lease", "NAME", "ends with that lease, see epmdpxy lease", OPTION_TEXT, AT(lease), 0, 0, NULL},
    {"strict", NULL, "names that no node has are an error", OPTION_FLAG, AT(strict), 0, 0, NULL},
};

const struct option_table cut_options = {OPTION_ROWS(option_rows)};

/* The topology that the options name. Returns how many they name. */
static int topology_of_words(const struct cut_words *options, enum topology *ret)
{
    int count = 0;

    for (enum topology i = 0; i < TOPOLOGIES_COUNT; i++)
        if (options->topologies[i].is || options->topologies[i].node) {
            *ret = i;
            count++;
        }
    return count;
}

static int topology_from_words(const struct cut_words *options, const char *word, struct cut_request *request,
                               struct refusal *refusal)
{
    const char *name = topology_name(request->topology), *node = options->topologies[request->topology].node;

    if (word)
        return refuse(refusal, NULL, "'%s' is one word too many: --%s makes its own islands; see --of", word, name);
    if (options->one_way)
        return refuse(refusal, "--one-way", "goes with islands; --%s cuts both ways", name);
    if (options->of && island_from_word(options->of, &request->of, refusal) < 0)
        return refusal_within(refusal, "--of");
    if (options->of && island_check_names(&request->of.at[0], "--of", refusal) < 0)
        return -EINVAL;
    request->by_topology = true;
    request->node = node ? mem_string(node, strlen(node)) : NULL;
    request->seeded = options->seed >= 0;
    request->seed = request->seeded ? (uint64_t)options->seed : 0;
    return 0;
}

static int islands_of_words(const struct cut_words *options, const char *const *words, struct cut_request *request,
                            struct refusal *refusal)
{
    if (!words[0])
        return refuse(refusal, NULL,
                      "name two or more islands, as in node1,node2 node3, or a topology such as --halves");
    if (options->of || options->seed >= 0)
        return refuse(refusal, options->of ? "--of" : "--seed", "goes with a topology, such as --random-halves");
    request->one_way = options->one_way;
    return islands_from_words(words, &request->islands, refusal);
}

int cut_request_from_words(const struct cut_words *options, const char *const *islands, struct cut_request *ret,
                           struct refusal *refusal)
{
    struct cut_request request = {.lifetime = lifetime_new(0, options->lease), .strict = options->strict};
    int count = topology_of_words(options, &request.topology), status;

    if (count > 1)
        status = refuse(refusal, NULL, "one topology at a time");
    else if (count == 1)
        status = topology_from_words(options, islands[0], &request, refusal);
    else
        status = islands_of_words(options, islands, &request, refusal);
    if (status == 0 && set_mode(&request, options->mode, refusal) < 0)
        status = refuse(refusal, "--mode", "%s", refusal->text);
    return finish(&request, status, ret, refusal) < 0 ? islands_refused(refusal) : 0;
}

/* ---- documents ---- */

struct fields {
    struct islands islands, of;
    bool one_way, strict;
    const char *mode, *topology, *node;
    struct lifetime_fields lifetime;
    uint64_t seed;
};

enum { ISLANDS, ONE_WAY, MODE, TOPOLOGY, NODE, OF, SEED, STRICT, LIFETIME };

#undef AT
#define AT(field) offsetof(struct fields, field)

static const struct document_field rows[] = {
    [ISLANDS] = {"islands", "an array of arrays of names", document_islands, AT(islands)},
    [ONE_WAY] = {"one_way", "true or false", document_flag, AT(one_way)},
    [MODE] = {"mode", "the mode of a cut", document_text, AT(mode)},
    [TOPOLOGY] = {"topology", "the name of a topology", document_text, AT(topology)},
    [NODE] = {"node", "a name", document_text, AT(node)},
    [OF] = {"of", "an array of names", document_names, AT(of)},
    [SEED] = {"seed", "a whole number from 0 on", document_number, AT(seed)},
    [STRICT] = {"strict", "true or false", document_flag, AT(strict)},
    [LIFETIME] = LIFETIME_ROWS(struct fields, lifetime),
};

static const struct document_table table = {rows, sizeof(rows) / sizeof(rows[0])};

static bool has(unsigned given, int row)
{
    return given & 1U << row;
}

static int topology_of_fields(const struct fields *fields, unsigned given, struct cut_request *request,
                              struct refusal *refusal)
{
    if (has(given, ISLANDS))
        return refuse(refusal, "islands", "a topology makes its own");
    if (has(given, ONE_WAY))
        return refuse(refusal, "one_way", "goes with islands; a topology cuts both ways");
    if (topology_parse(fields->topology, &request->topology) < 0) {
        refuse(refusal, "topology", "there are");
        for (enum topology i = 0; i < TOPOLOGIES_COUNT; i++)
            refusal_add(refusal, "%s %s", i == 0 ? "" : ",", topology_name(i));
        return -EINVAL;
    }
    if (has(given, OF) && island_check_names(&fields->of.at[0], "of", refusal) < 0)
        return -EINVAL;
    request->by_topology = true;
    request->of = islands_copy(&fields->of);
    request->node = fields->node ? mem_string(fields->node, strlen(fields->node)) : NULL;
    request->seeded = has(given, SEED);
    request->seed = fields->seed;
    return 0;
}

static int islands_of_fields(const struct fields *fields, unsigned given, struct cut_request *request,
                             struct refusal *refusal)
{
    static const int others[] = {NODE, OF, SEED};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (has(given, others[i]))
            return refuse(refusal, rows[others[i]].name, "goes with a topology");
    request->islands = islands_copy(&fields->islands);
    request->one_way = fields->one_way;
    return 0;
}

int cut_request_from_document(const json_t *document, struct cut_request *ret, struct refusal *refusal)
{
    struct cut_request request = {0};
    struct fields fields = {0};
    unsigned given = 0;
    int status = document_read(document, &table, &fields, &given, refusal);

    if (status == 0)
        status = has(given, TOPOLOGY) ? topology_of_fields(&fields, given, &request, refusal)
                                      : islands_of_fields(&fields, given, &request, refusal);
    if (status == 0)
        status = set_mode(&request, fields.mode, refusal);
    if (status == 0)
        status = lifetime_from_fields(&fields.lifetime, &request.lifetime, refusal);
    request.strict = fields.strict;
    islands_done(&fields.islands);
    islands_done(&fields.of);
    return finish(&request, status, ret, refusal);
}

static void add_topology(const struct cut_request *request, json_t *object)
{
    json_object_set_new(object, "topology", json_string(topology_name(request->topology)));
    if (request->node)
        json_object_set_new(object, "node", json_string(request->node));
    if (request->of.count > 0)
        json_object_set_new(object, "of", island_to_document(&request->of.at[0]));
    if (request->seeded)
        json_object_set_new(object, "seed", json_integer((json_int_t)request->seed));
}

json_t *cut_request_to_document(const struct cut_request *request)
{
    json_t *object = json_object();
    char mode[32];

    if (request->by_topology) {
        add_topology(request, object);
    } else {
        json_object_set_new(object, "islands", islands_to_document(&request->islands));
        json_object_set_new(object, "one_way", json_boolean(request->one_way));
    }
    fault_print(&request->fault, &fault_row(FAULT_partition)->params[0], mode, sizeof(mode));
    json_object_set_new(object, "mode", json_string(mode));
    lifetime_to_document(&request->lifetime, object);
    if (request->strict)
        json_object_set_new(object, "strict", json_true());
    return object;
}
