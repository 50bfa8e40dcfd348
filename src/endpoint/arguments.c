/* SPDX-License-Identifier: MIT */
#include "endpoint/arguments.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/duration.h"
#include "base/refusal.h"
#include "model/rules.h"
#include "request/terms.h"
#include "wire/term.h"

#define CONDITION_WORDS_MAX 3
#define OPTIONS_MAX 16
#define OWNER_HINT "must be a process of the node that calls, or none"
#define ISLAND_HINT "the name of a node, or a list of names"

json_t *argument_island(json_t *arg)
{
    if (json_is_string(arg))
        return json_pack("[O]", arg);
    return json_is_array(arg) ? json_incref(arg) : NULL;
}

json_t *argument_islands(json_t *arg)
{
    json_t *islands = json_is_array(arg) ? json_array() : NULL, *island;
    size_t i;

    if (islands)
        json_array_foreach(arg, i, island)
            if (json_array_append_new(islands, argument_island(island)) < 0) {
                json_decref(islands);
                return NULL;
            }
    return islands;
}

json_t *argument_duration(json_t *arg)
{
    char text[32];

    if (!json_is_integer(arg))
        return json_incref(arg);
    snprintf(text, sizeof(text), "%lldms", (long long)json_integer_value(arg));
    return json_string(text);
}

static json_t *redial_of(const json_t *arg)
{
    if (!json_is_string(arg))
        return NULL;
    if (strcmp(json_string_value(arg), "refuse") == 0)
        return json_string("close");
    return strcmp(json_string_value(arg), "hold") == 0 ? json_string("sever") : NULL;
}

/* Takes the value over; NULL: it is none. */
static int set(json_t *document, const char *name, json_t *value, const char *should_be, struct refusal *refusal)
{
    return json_object_set_new(document, name, value) < 0 ? refuse(refusal, NULL, "must be %s", should_be) : 0;
}

/* An option as the client has it, in the document's words. Of what it says is wrong the refusal has no field yet. */
static int add_option(json_t *document, const char *name, json_t *value, struct refusal *refusal)
{
    const char *text = json_string_value(value);

    if (strcmp(name, "timeout") == 0) /* for the nodes, whom nobody asks here */
        return json_is_integer(value) || text ? 0 : refuse(refusal, NULL, "must be milliseconds, or infinity");
    if (strcmp(name, "owner") == 0) /* one of the caller's is taken out before */
        return text && strcmp(text, "none") == 0 ? 0 : refuse(refusal, NULL, OWNER_HINT);
    if (strcmp(name, "wait") == 0)
        return set(document, "strict", json_is_boolean(value) ? json_boolean(json_is_false(value)) : NULL,
                   "true or false", refusal);
    if (strcmp(name, "redial") == 0)
        return set(document, "mode", redial_of(value), "hold or refuse", refusal);
    if (strcmp(name, "for") == 0)
        return set(document, name, argument_duration(value), DURATION_HINT, refusal);
    if (strcmp(name, "among") == 0)
        return set(document, "of", argument_island(value), ISLAND_HINT, refusal);
    if (strcmp(name, "from") == 0 || strcmp(name, "to") == 0 || strcmp(name, "nodes") == 0)
        return set(document, name, argument_island(value), ISLAND_HINT, refusal);
    if (strcmp(name, "between") == 0)
        return set(document, name, argument_islands(value), "a list of two islands", refusal);
    json_object_set(document, name, value); /* whoever reads the document knows */
    return 0;
}

json_t *argument_options(const json_t *options, bool strict, struct refusal *refusal)
{
    json_t *document = json_object(), *value;
    const char *name;

    if (strict)
        json_object_set_new(document, "strict", json_true());
    if (!options)
        return document;
    if (!json_is_object(options)) {
        json_decref(document);
        return NULL;
    }
    json_object_foreach((json_t *)options, name, value)
        if (add_option(document, name, value, refusal) < 0) {
            refusal_within(refusal, "%.100s", name);
            json_decref(document);
            return NULL;
        }
    return document;
}

json_t *argument_params(json_t *arg)
{
    static const char *const durations[] = {"delay", "jitter", "every"};
    json_t *params = json_is_object(arg) ? json_copy(arg) : NULL;

    for (size_t i = 0; params && i < sizeof(durations) / sizeof(durations[0]); i++)
        if (json_object_get(params, durations[i]))
            json_object_set_new(params, durations[i], argument_duration(json_object_get(params, durations[i])));
    return params;
}

/* Erlang sends a list of small numbers as a string: its characters, which are below 256, are the numbers. */
static json_t *numbers_of(const json_t *string)
{
    const unsigned char *at = (const unsigned char *)json_string_value(string);
    json_t *numbers = json_array();

    for (; *at; at++) {
        int number = *at;

        if (*at >= 0x80) {
            number = (*at & 0x1F) << 6 | (at[1] & 0x3F);
            at++;
        }
        json_array_append_new(numbers, json_integer(number));
    }
    return numbers;
}

static bool are_numbers_of_rules(const json_t *ids, struct refusal *refusal)
{
    const json_t *id;
    size_t i;

    json_array_foreach(ids, i, id)
        if (!json_is_integer(id))
            return false;
    if (json_array_size(ids) > RULES_MAX)
        return refuse(refusal, "ids", "more than %d", RULES_MAX) == 0;
    json_array_foreach(ids, i, id)
        if (json_integer_value(id) < 0 || json_integer_value(id) > UINT32_MAX)
            return refuse(refusal, "id", "must be the number of a rule, such as 17") == 0;
    return json_is_array(ids);
}

json_t *argument_ids(json_t *arg, struct refusal *refusal)
{
    json_t *id = json_is_integer(arg) ? arg : json_object_get(arg, "id"), *ids = json_object_get(arg, "ids");

    if (ids)
        ids = json_is_string(ids) ? numbers_of(ids) : json_incref(ids);
    else
        ids = id ? json_pack("[O]", id) : NULL;
    if (are_numbers_of_rules(ids, refusal))
        return ids;
    json_decref(ids);
    return NULL;
}

size_t argument_numbers(const json_t *ids, uint32_t *ret)
{
    const json_t *id;
    size_t i;

    json_array_foreach(ids, i, id)
        ret[i] = (uint32_t)json_integer_value(id);
    return json_array_size(ids);
}

/* An island as one word of a condition; a name that would be two words is none. */
static bool add_island(struct text *to, json_t *arg, struct refusal *refusal)
{
    json_t *island = argument_island(arg), *name;
    bool fits = island;
    size_t i;

    if (island && json_array_size(island) == 0)
        fits = refuse(refusal, "condition", "an island without a name") == 0;
    json_array_foreach(island, i, name) {
        const char *text = json_string_value(name);

        if (!text)
            fits = false;
        else if (!text[0] || text[strcspn(text, " ,")])
            fits = refuse(refusal, "condition", "'%.100s' is no name of a node, nor a pattern", text) == 0;
        else
            text_addf(to, "%s%s", i ? "," : " ", text);
    }
    json_decref(island);
    return fits;
}

/* `mesh`, or {connected, A, B}; what the words are worth is seen by whoever reads the condition. */
bool argument_add_condition(struct text *to, const json_t *arg, struct refusal *refusal)
{
    const json_t *words = json_is_string(arg) ? NULL : arg;
    const char *name = json_string_value(words ? json_array_get(words, 0) : arg);

    if (!name)
        return false;
    text_addf(to, "%s", name);
    for (size_t i = 1; i < json_array_size(words); i++) {
        json_t *word = json_array_get(words, i);

        if (json_is_integer(word))
            text_addf(to, " %lld", (long long)json_integer_value(word));
        else if (!add_island(to, word, refusal))
            return false;
    }
    text_add(to, "", 1);
    return true;
}

json_t *argument_read(const struct term *arg, bool condition)
{
    struct term words[CONDITION_WORDS_MAX];
    int count = condition ? term_tuple(arg, words, CONDITION_WORDS_MAX) : -1;
    struct refusal refusal;
    json_t *array;

    if (count < 0)
        return terms_read(arg, &refusal);
    array = count <= CONDITION_WORDS_MAX ? json_array() : NULL;
    for (int i = 0; array && i < count; i++)
        if (json_array_append_new(array, terms_read(&words[i], &refusal)) < 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

json_t *argument_read_owned(const struct term *arg, const char *node, struct term *ret_pid, struct refusal *refusal)
{
    struct term options[OPTIONS_MAX][2], pid = {0};
    int count = term_map(arg, options, OPTIONS_MAX);
    struct text rest = {0};
    struct refusal unreadable;
    uint8_t head[5];
    json_t *read;

    for (int i = 0; i < count && i < OPTIONS_MAX; i++)
        if (term_is_atom(&options[i][0], "owner") && term_is_pid(&options[i][1]))
            pid = options[i][1];
    if (pid.bytes && !term_is_pid_of(&pid, node)) {
        refuse(refusal, "owner", OWNER_HINT);
        return NULL;
    }
    if (!pid.bytes || count > OPTIONS_MAX)
        return terms_read(arg, &unreadable);
    bytes_put_u32(bytes_put_u8(head, TERM_MAP), (uint32_t)count - 1);
    text_add(&rest, head, sizeof(head));
    for (int i = 0; i < count; i++)
        if (options[i][1].bytes != pid.bytes) {
            text_add(&rest, options[i][0].bytes, options[i][0].len);
            text_add(&rest, options[i][1].bytes, options[i][1].len);
        }
    read = terms_read(&(struct term){(const uint8_t *)rest.data, rest.len}, &unreadable);
    text_done(&rest);
    *ret_pid = pid;
    return read;
}
