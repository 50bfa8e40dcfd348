/* SPDX-License-Identifier: MIT */
/*
 * Bodies in Erlang's external term format: refused in one line, or a document that is the same when it was written and
 * read again.
 */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "request/terms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct refusal refusal;
    json_t *document = terms_parse(data, len, &refusal), *again;
    struct text text = {0};

    if (!document) {
        assert(refusal.status == -EINVAL && refusal.text[0] && !strchr(refusal.text, '\n'));
        return 0;
    }
    terms_add(&text, document);
    again = terms_parse(text.data, text.len, &refusal);
    assert(again && json_equal(document, again));
    json_decref(again);
    json_decref(document);
    text_done(&text);
    return 0;
}
