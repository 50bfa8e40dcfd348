/* SPDX-License-Identifier: MIT */
#include "endpoint/cookie.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nettle/md5.h>

#include "base/secret.h"

#define NAME ".erlang.cookie"

_Static_assert(MD5_DIGEST_SIZE == DISTRIBUTION_DIGEST_BYTES, "the digest of the handshake is MD5");

/* Printable characters; behind them blanks and ends of lines. What stands before the first end of line is all of it. */
static int read_text(const char *text, size_t len, struct cookie *ret)
{
    size_t used = 0;

    while (used < len && text[used] >= ' ' && text[used] <= '~')
        used++;
    for (size_t i = used; i < len; i++)
        if (!strchr("\r\n ", text[i]))
            return -EINVAL;
    if (used == 0 || used > COOKIE_BYTES_MAX)
        return -EINVAL;
    memcpy(ret->text, text, used);
    ret->text[used] = 0;
    return 0;
}

/* -ENOENT: there is none at that place. */
static int read_file(const char *path, struct cookie *ret, struct refusal *refusal)
{
    char text[SECRET_FILE_BYTES];
    int status = secret_read(path, text, refusal);

    if (status == 0 && read_text(text, strlen(text), ret) < 0)
        status = refuse(refusal, NULL, "%s holds no cookie: 1 to %d printable characters in one line", path,
                        COOKIE_BYTES_MAX);
    explicit_bzero(text, sizeof(text));
    return status;
}

int cookie_find(const char *file, struct cookie *ret, struct refusal *refusal)
{
    const char *home = getenv("HOME"), *config = getenv("XDG_CONFIG_HOME");
    char first[PATH_MAX] = "", second[PATH_MAX] = "";
    int status = -ENOENT;

    if (file)
        return read_file(file, ret, refusal);
    if (home)
        snprintf(first, sizeof(first), "%s/" NAME, home);
    if (config && config[0])
        snprintf(second, sizeof(second), "%s/erlang/" NAME, config);
    else if (home)
        snprintf(second, sizeof(second), "%s/.config/erlang/" NAME, home);
    if (first[0])
        status = read_file(first, ret, refusal);
    if (status == -ENOENT && second[0])
        status = read_file(second, ret, refusal);
    if (status == -ENOENT)
        return refuse_as(refusal, status, NULL,
                         "there is no cookie at %s: start a node first, which makes one, or name the file of the "
                         "nodes' cookie",
                         first[0] ? first : "$HOME/" NAME);
    return status;
}

void cookie_digest(const struct cookie *cookie, uint32_t challenge, uint8_t ret[DISTRIBUTION_DIGEST_BYTES])
{
    struct md5_ctx md5;
    char digits[16];

    snprintf(digits, sizeof(digits), "%u", challenge);
    md5_init(&md5);
    md5_update(&md5, strlen(cookie->text), (const uint8_t *)cookie->text);
    md5_update(&md5, strlen(digits), (const uint8_t *)digits);
    md5_digest(&md5, DISTRIBUTION_DIGEST_BYTES, ret);
}
