/* SPDX-License-Identifier: MIT */
#include "base/token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static int check_file(const char *path, int fd, struct refusal *refusal)
{
    struct stat is;

    if (fstat(fd, &is) < 0)
        return refuse_as(refusal, -errno, path, "%s", strerror(errno));
    if (!S_ISREG(is.st_mode))
        return refuse(refusal, path, "it is no file");
    if (is.st_mode & (S_IRWXG | S_IRWXO))
        return refuse_as(refusal, -EACCES, path, "others may use it; chmod 600 first");
    return 0;
}

/* The line without its end; more than a token can have is cut off where it is too long in any case. */
static int read_line(const char *path, int fd, char *to, size_t size, struct refusal *refusal)
{
    size_t len = 0;
    ssize_t got;

    while (len < size - 1 && (got = read(fd, to + len, size - 1 - len)) != 0) {
        if (got < 0)
            return refuse_as(refusal, -errno, path, "%s", strerror(errno));
        len += (size_t)got;
    }
    if (memchr(to, 0, len))
        return refuse(refusal, path, "there is a NUL in it");
    if (len > 0 && to[len - 1] == '\n')
        len--;
    if (len > 0 && to[len - 1] == '\r')
        len--;
    to[len] = 0;
    return 0;
}

int token_read(const char *path, char to[TOKEN_BYTES], struct refusal *refusal)
{
    char line[TOKEN_BYTES + 3]; /* with "\r\n", and one that is too many */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int status;

    if (fd < 0)
        return refuse_as(refusal, -errno, path, "%s", strerror(errno));
    status = check_file(path, fd, refusal);
    if (status == 0)
        status = read_line(path, fd, line, sizeof(line), refusal);
    close(fd);
    if (status == 0 && token_check(line, refusal) < 0)
        status = refusal_within(refusal, "%s", path);
    if (status == 0)
        memcpy(to, line, strlen(line) + 1);
    return status;
}

bool token_is(const char *token, const char *given)
{
    unsigned char one[TOKEN_BYTES] = {0}, other[TOKEN_BYTES] = {0};
    volatile unsigned char difference = 0;
    size_t len = strlen(given);

    memcpy(one, token, strlen(token));
    memcpy(other, given, len < TOKEN_BYTES ? len : TOKEN_BYTES - 1);
    for (size_t i = 0; i < TOKEN_BYTES; i++)
        difference |= one[i] ^ other[i];
    return difference == 0 && len < TOKEN_BYTES;
}
