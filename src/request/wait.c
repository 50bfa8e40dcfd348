/* SPDX-License-Identifier: MIT */
#include "request/wait.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/memory.h"
#include "base/text.h"
#include "request/events_request.h"

void wait_request_done(struct wait_request *request)
{
    condition_done(&request->condition);
    free(request->text);
    *request = (struct wait_request){0};
}

/* Does the rest go with the condition? */
static int check(struct condition *condition, uint64_t timeout_us, const char *after, struct refusal *refusal)
{
    char time[32];

    if (condition_takes_us(condition) > 0 && timeout_us <= condition_takes_us(condition)) {
        duration_print(condition_takes_us(condition), time, sizeof(time));
        return refuse(refusal, "timeout", "that takes %s to be seen: give it more, such as 5s", time);
    }
    if (after && condition->kind != CONDITION_event)
        return refuse(refusal, "after", "goes with the condition event");
    condition->from_one = after != NULL;
    return after ? event_number_from_text(after, "after", &condition->after, refusal) : 0;
}

static int make(const char *text, uint64_t timeout_us, const char *after, struct wait_request *ret,
                struct refusal *refusal)
{
    struct condition condition;

    if (condition_parse(text, &condition, refusal) < 0)
        return -EINVAL;
    if (check(&condition, timeout_us, after, refusal) < 0) {
        condition_done(&condition);
        return -EINVAL;
    }
    *ret = (struct wait_request){mem_string(text, strlen(text)), condition, timeout_us};
    return 0;
}

int wait_request_from_words(const char *const *words, uint64_t timeout_us, const char *after, struct wait_request *ret,
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
    status = make(text.data, timeout_us, after, ret, refusal);
    text_done(&text);
    return status;
}

int wait_request_from_texts(const char *condition, const char *timeout, const char *after, struct wait_request *ret,
                            struct refusal *refusal)
{
    uint64_t timeout_us = WAIT_TIMEOUT_DEFAULT_US;

    if (timeout && (duration_parse(timeout, &timeout_us) < 0 || timeout_us > WAIT_TIMEOUT_MAX_US))
        return refuse(refusal, "timeout", "'%.100s' is not a duration up to 1h: give " DURATION_HINT, timeout);
    return make(condition ? condition : "", timeout_us, after, ret, refusal);
}
