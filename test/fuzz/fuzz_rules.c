/* SPDX-License-Identifier: MIT */
/*
 * A body for POST /v1/rules as it comes from the network: refused in one line, or in force; and what is in force reads
 * back as the same from the JSON that it is shown as.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "control/orders.h"
#include "control/shapes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_error(struct api_error *error)
{
    utf8_make_line(error->text); /* as before it is sent: it repeats what came */
    assert(error->status == 400 && error->text[0] && !strchr(error->text, '\n'));
    assert(utf8_length(error->text, strlen(error->text)) > 0);
}

/* Returns the rules that it makes, as JSON, or NULL. */
static json_t *rules_of(const char *body, size_t len)
{
    struct rules *rules = rules_new(NULL, NULL);
    struct api_error error = {0};
    struct requests requests;
    struct order order;
    json_t *shown = NULL, *json = orders_parse(body, len, &error);
    uint32_t first;

    if (!json || order_read(json, ORDER_TAKES_RULE | 1U << ORDER_rules, &order, &error) < 0) {
        check_error(&error);
    } else {
        if (order_rules(&order, rules, 0, &requests, &error) < 0) {
            check_error(&error);
        } else {
            if (rules_add(rules, requests.at, requests.count, &first) == 0) {
                rules_profile(rules, "a@host", "b@host", true);
                rules_name_profile(rules, "a@host");
                shown = shape_rules(rules, 0, 0);
            }
            requests_done(&requests);
        }
        order_done(&order);
    }
    json_decref(json);
    rules_free(rules);
    return shown;
}

/* What it is shown with and cannot be ordered. */
static void forget(json_t *rules)
{
    json_t *rule;
    size_t i;

    json_array_foreach(rules, i, rule) {
        json_object_del(rule, "id");
        json_object_del(rule, "ends_in_ms");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    json_t *shown = rules_of((const char *)data, len), *body, *again;
    char *text;

    if (!shown)
        return 0;
    forget(shown);
    if (json_array_size(shown) > 0) {
        body = json_pack("{s:O}", "rules", shown);
        text = json_dumps(body, 0);
        again = rules_of(text, strlen(text));
        assert(again);
        forget(again);
        assert(json_equal(shown, again));
        json_decref(again);
        free(text);
        json_decref(body);
    }
    json_decref(shown);
    return 0;
}
