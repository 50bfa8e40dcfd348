/* SPDX-License-Identifier: MIT */
#include "cli/client.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/query.h"
#include "cli/target.h"

#define CLIENT_URL_MAX 8192
#define ANSWER_BYTES_MAX (256 * 1024 * 1024)

static size_t on_data(char *data, size_t size, size_t count, void *to)
{
    struct text *answer = to;

    if (answer->len + size * count > ANSWER_BYTES_MAX)
        return 0;
    text_add(answer, data, size * count);
    return size * count;
}

/* On EPMD's port another one may answer; whoever names a way of the control API's own means it. */
static bool is_port(const struct target *target)
{
    return !target->where.host[0] && !target->where.path[0];
}

static int explain(CURLcode code, const struct target *target)
{
    switch (code) {
    case CURLE_COULDNT_CONNECT:
        if (is_port(target))
            return command_fail("nothing listens %s; start `epmdpxy serve`, or name its port with --port or "
                                "ERL_EPMD_PORT",
                                target->name);
        return command_fail("nobody can be reached %s; start `epmdpxy serve --control ...`, or name it with --control "
                            "or EPMDPXY_CONTROL",
                            target->name);
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
        if (is_port(target) && query_connects(target->where.port) == 0)
            return command_fail("what listens %s is not epmdpxy (a stock epmd, perhaps); name the right port with "
                                "--port or ERL_EPMD_PORT",
                                target->name);
        return command_fail("the daemon %s has ended meanwhile", target->name);
    default:
        return command_fail("no answer %s: %s", target->name, curl_easy_strerror(code));
    }
}

/* The daemon's own words for an error. Bad input is ours to answer for; other refusals come of the daemon's state. */
static int refused(const struct command *self, long http_status, const json_t *answer, const struct target *target)
{
    const char *error = json_string_value(json_object_get(answer, "error"));

    if (!error)
        return command_fail("what listens %s is not epmdpxy (it answered with HTTP status %ld)", target->name,
                            http_status);
    if (http_status == 400)
        return command_refuse(self, "%s", error);
    if (http_status == 401)
        return command_fail("the daemon %s wants its token, or another one: give --token-file FILE, or EPMDPXY_TOKEN",
                            target->name);
    return command_fail("%s", error);
}

/* Where libcurl connects to. */
static bool set_url(CURL *curl, const struct target *target, const char *loopback, const char *path)
{
    const struct where *where = &target->where;
    bool v6 = strchr(where->host, ':') != NULL;
    char url[CLIENT_URL_MAX];
    int len;

    if (where->path[0])
        len = snprintf(url, sizeof(url), "http://localhost%s", path);
    else if (where->host[0])
        len = snprintf(url, sizeof(url), v6 ? "http://[%s]:%d%s" : "http://%s:%d%s", where->host, where->port, path);
    else
        len = snprintf(url, sizeof(url), "http://%s:%d%s", loopback, where->port, path);
    if (where->path[0])
        curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, where->path);
    return len < (int)sizeof(url) && curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK;
}

static struct curl_slist *headers_of(const struct client_request *request, const char *body)
{
    struct curl_slist *headers = body ? curl_slist_append(NULL, "Content-Type: application/json") : NULL;
    char line[TOKEN_BYTES + 32];

    snprintf(line, sizeof(line), "Authorization: Bearer %s", request->target->token);
    return request->target->token[0] ? curl_slist_append(headers, line) : headers;
}

static CURLcode perform(const struct client_request *request, const char *loopback, const char *body,
                        struct text *answer, long *ret_status)
{
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = headers_of(request, body);
    CURLcode code = CURLE_URL_MALFORMAT;

    if (set_url(curl, request->target, loopback, request->path)) {
        curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L); /* a lease may be named ".." */
        curl_easy_setopt(curl, CURLOPT_PROXY, "");      /* whatever http_proxy says */
        curl_easy_setopt(curl, CURLOPT_TIMEOUT, request->timeout_s ? request->timeout_s : (long)CLIENT_TIMEOUT_S);
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        if (body)
            curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
        if (request->method)
            curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
        code = curl_easy_perform(curl);
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, ret_status);
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return code;
}

char *client_escape(const char *word)
{
    char *escaped = curl_easy_escape(NULL, word, 0), *copy = mem_string(escaped, strlen(escaped));

    curl_free(escaped);
    return copy;
}

int client_ask(const struct command *self, const struct client_request *request, json_t **ret)
{
    char *sent = request->body ? json_dumps(request->body, JSON_COMPACT) : NULL;
    struct text answer = {0};
    long http_status = 0;
    json_t *json;
    CURLcode code;

    json_decref(request->body);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    code = perform(request, "127.0.0.1", sent, &answer, &http_status);
    if (code == CURLE_COULDNT_CONNECT &&
        is_port(request->target)) /* sockets that were passed to it may be of the other family only */
        code = perform(request, "[::1]", sent, &answer, &http_status);
    curl_global_cleanup();
    free(sent);
    json = json_loadb(answer.data ? answer.data : "", answer.len, 0, NULL);
    text_done(&answer);

    if (code == CURLE_OK && (http_status == 200 || (http_status == 404 && request->may_be_gone)) && json) {
        *ret = json;
        return STATUS_OK;
    }
    int status = code == CURLE_OK ? refused(self, http_status, json, request->target) : explain(code, request->target);

    json_decref(json);
    return status;
}

void client_print(const json_t *json)
{
    json_dumpf(json, stdout, JSON_INDENT(2));
    printf("\n");
}

int client_tell(const struct command *self, const struct asking *asking, struct client_request request,
                void (*add)(struct text *to, const json_t *answer))
{
    struct text lines = {0};
    struct target target;
    json_t *answer;
    int status;

    if (target_find(self, asking, &target) < 0) {
        json_decref(request.body);
        return STATUS_BAD_INPUT;
    }
    request.target = &target;
    status = client_ask(self, &request, &answer);
    if (status != STATUS_OK)
        return status;
    if (asking->json)
        client_print(answer);
    else if (add)
        add(&lines, answer);
    command_print(&lines);
    json_decref(answer);
    return STATUS_OK;
}
