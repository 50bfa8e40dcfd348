/* SPDX-License-Identifier: MIT */
#include "endpoint/cookie.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nettle/md5.h>

#include "base/secret.h"

#define NAME ".erlang.cookie"
#define MADE_LETTERS 20

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

/* Twenty letters that only the owner may read, as a node makes them. Returns 0 or a negative errno. */
static int write_made(int fd)
{
    uint8_t chance[MADE_LETTERS];
    char letters[MADE_LETTERS];

    if (getrandom(chance, sizeof(chance), 0) != sizeof(chance))
        return -EIO;
    for (size_t i = 0; i < MADE_LETTERS; i++)
        letters[i] = (char)('A' + chance[i] % 26);
    if (write(fd, letters, sizeof(letters)) != sizeof(letters) || fchmod(fd, S_IRUSR) < 0)
        return errno ? -errno : -EIO;
    return 0;
}

/* There at once and wholly, for nodes that start meanwhile; what one of them has made before stays. */
static int make_file(const char *path, struct refusal *refusal)
{
    char aside[PATH_MAX + 8];
    int status, fd;

    snprintf(aside, sizeof(aside), "%s.XXXXXX", path);
    fd = mkostemp(aside, O_CLOEXEC);
    status = fd < 0 ? -errno : write_made(fd);
    if (status == 0 && link(aside, path) < 0 && errno != EEXIST)
        status = -errno;
    if (fd >= 0) {
        unlink(aside);
        close(fd);
    }
    if (status < 0)
        return refuse(refusal, NULL,
                      "there is no cookie at %s, and none can be made (%s): name the file of the nodes' cookie", path,
                      strerror(-status));
    return 0;
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
    if (status != -ENOENT)
        return status;
    if (!first[0])
        return refuse_as(refusal, status, NULL,
                         "where is the cookie? HOME is not set: name the file of the nodes' cookie");
    status = make_file(first, refusal);
    return status < 0 ? status : read_file(first, ret, refusal);
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
