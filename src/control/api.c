/* SPDX-License-Identifier: MIT */
#include "control/api.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/refusal.h"

void api_refuse(struct api_error *error, int status, const char *format, ...)
{
    va_list args;

    error->status = status;
    va_start(args, format);
    vsnprintf(error->text, sizeof(error->text), format, args);
    va_end(args);
}

int api_refused(struct api_error *error, const struct refusal *refusal)
{
    error->status = 400;
    refusal_print(refusal, error->text, sizeof(error->text));
    return -EINVAL;
}
