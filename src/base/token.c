/* SPDX-License-Identifier: MIT */
#include "base/token.h"

#include <string.h>

#include "base/secret.h"

#define ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/="
#define HINT "make one with: head -c 24 /dev/urandom | base64"

int token_check(const char *token, struct refusal *refusal)
{
    size_t len = strlen(token);

    if (len < TOKEN_BYTES_MIN)
        return refuse(refusal, NULL, "a token of less than %d characters can be guessed; " HINT, TOKEN_BYTES_MIN);
    if (len >= TOKEN_BYTES)
        return refuse(refusal, NULL, "a token has at most %d characters; " HINT, TOKEN_BYTES - 1);
    if (token[strspn(token, ALPHABET)])
        return refuse(refusal, NULL, "a token is one line of letters, digits and -._~+/=; " HINT);
    return 0;
}

/* The line without its end. */
static int take_line(const char *path, char *text, char to[TOKEN_BYTES], struct refusal *refusal)
{
    size_t len = strlen(text);
    struct refusal why;

    if (len > 0 && text[len - 1] == '\n')
        text[--len] = 0;
    if (len > 0 && text[len - 1] == '\r')
        text[--len] = 0;
    if (token_check(text, &why) < 0)
        return refuse(refusal, NULL, "%s: %s", path, why.text);
    memcpy(to, text, len + 1);
    return 0;
}

int token_read(const char *path, char to[TOKEN_BYTES], struct refusal *refusal)
{
    char text[SECRET_FILE_BYTES];
    int status = secret_read(path, text, refusal);

    if (status == 0)
        status = take_line(path, text, to, refusal);
    explicit_bzero(text, sizeof(text));
    return status;
}

bool token_is(const char *token, const char *given)
{
    char one[TOKEN_BYTES] = {0}, other[TOKEN_BYTES] = {0};
    size_t len = strlen(given);

    memcpy(one, token, strlen(token) + 1);
    memcpy(other, given, len < TOKEN_BYTES ? len : TOKEN_BYTES - 1);
    return secret_same(one, other, TOKEN_BYTES) && len < TOKEN_BYTES;
}
