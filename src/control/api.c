/* SPDX-License-Identifier: MIT */
#include "control/api.h"

#include <stdarg.h>
#include <stdio.h>

void api_refuse(struct api_error *error, int status, const char *format, ...)
{
    va_list args;

    error->status = status;
    va_start(args, format);
    vsnprintf(error->text, sizeof(error->text), format, args);
    va_end(args);
}
