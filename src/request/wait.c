/* SPDX-License-Identifier: MIT */
#include "request/wait.h"

#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/memory.h"
#include "base/text.h"

void wait_request_done(struct wait_request *request)
{
    condition_done(&request->condition);
    free(request->text);
    *request = (struct wait_request){0};
}

static int make(const char *text, uint64_t timeout_us, struct wait_request *ret, struct refusal *refusal)
{
    struct condition condition;
    int status = condition_parse(text, &condition, refusal);

    if (status == 0 && condition.kind == CONDITION_quiet && timeout_us <= CONDITION_QUIET_US) {
        condition_done(&condition);
        return refuse(refusal, "timeout", "quiet takes a second to be seen: give it more than that, such as 5s");
    }
    if (status == 0)
        *ret = (struct wait_request){mem_string(text, strlen(text)), condition, timeout_us};
    return status;
}

int wait_request_from_words(const char *const *words, uint64_t timeout_us, struct wait_request *ret,
                            struct refusal *refusal)
{
    struct text text = {0};
    int status;

    if (timeout_us > WAIT_TIMEOUT_MAX_US)
        return refuse(refusal, "--timeout", "that is too long; at most 1h");
    for (size_t i = 0; words[i]; i++)
        if (!words[i][0])
            return refuse(refusal, "condition", "an empty word; is a variable not set?");
    for (size_t i = 0; words[i]; i++)
        text_addf(&text, "%s%s", i ? " " : "", words[i]);
    text_add(&text, "", 1);
    status = make(text.data, timeout_us, ret, refusal);
    text_done(&text);
    return status;
}

int wait_request_from_texts(const char *condition, const char *timeout, struct wait_request *ret,
                            struct refusal *refusal)
{
    uint64_t timeout_us = WAIT_TIMEOUT_DEFAULT_US;

    if (timeout && (duration_parse(timeout, &timeout_us) < 0 || timeout_us > WAIT_TIMEOUT_MAX_US))
        return refuse(refusal, "timeout", "'%.100s' is not a duration up to 1h: give " DURATION_HINT, timeout);
    return make(condition ? condition : "", timeout_us, ret, refusal);
}
