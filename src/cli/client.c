/* SPDX-License-Identifier: MIT */
#include "cli/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/query.h"
#include "cli/target.h"

#define CLIENT_URL_MAX 8192
#define STREAM_TYPE "text/event-stream"
#define ANSWER_BYTES_MAX (256 * 1024 * 1024)

/* A request on its way. */
struct transfer {
    CURL *curl;
    const struct client_request *request;
    struct text answer;
    long http_status;
    time_t heard_s;
    bool no_stream; /* though one was asked for */
};

static long status_of(CURL *curl)
{
    long status = 0;

    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

static bool is_stream(CURL *curl)
{
    const char *type = NULL;

    curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    return type && strncmp(type, STREAM_TYPE, strlen(STREAM_TYPE)) == 0;
}

static size_t on_data(char *data, size_t size, size_t count, void *to)
{
    struct transfer *transfer = to;
    const struct client_request *request = transfer->request;
    size_t len = size * count;

    transfer->heard_s = time(NULL);
    if (request->stream && status_of(transfer->curl) == 200) {
        transfer->no_stream = !is_stream(transfer->curl);
        return !transfer->no_stream && request->stream(request->stream_data, data, len) ? len : 0;
    }
    if (transfer->answer.len + len > ANSWER_BYTES_MAX)
        return 0;
    text_add(&transfer->answer, data, len);
    return len;
}

/* How long nothing may come: a daemon that is there says something more often than that. */
static long patience_s(const struct client_request *request)
{
    return request->stream ? CLIENT_STREAM_SILENCE_S : request->waits_s + CLIENT_SILENCE_S;
}

/* libcurl asks at least once a second whether to go on. */
static int on_progress(void *data, curl_off_t unused, curl_off_t unused2, curl_off_t unused3, curl_off_t unused4)
{
    struct transfer *transfer = data;

    (void)unused, (void)unused2, (void)unused3, (void)unused4;
    return time(NULL) - transfer->heard_s > patience_s(transfer->request);
}

/* On EPMD's port another one may answer; whoever names a way of the control API's own means it. */
static bool is_port(const struct target *target)
{
    return !target->where.host[0] && !target->where.path[0];
}

/* A socket that is there, but for another user: libcurl says no more than that it could not connect. */
static bool is_of_others(const struct target *target)
{
    return target->where.path[0] && access(target->where.path, W_OK) < 0 && errno == EACCES;
}

static int explain(CURLcode code, const struct target *target)
{
    switch (code) {
    case CURLE_COULDNT_CONNECT:
        if (is_of_others(target))
            return command_fail("the daemon %s is another user's: run this as the one who has started it",
                                target->name);
        if (is_port(target))
            return command_fail("nothing listens %s; start `epmdpxy serve`, or name its port with --port or "
                                "ERL_EPMD_PORT",
                                target->name);
        return command_fail("nobody can be reached %s; start `epmdpxy serve --control ...`, or name it with --control "
                            "or EPMDPXY_CONTROL",
                            target->name);
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
        if (!is_port(target))
            return command_fail("what listens %s has closed the connection without an answer: it has ended meanwhile, "
                                "or is no way in for us (see epmdpxy serve --control)",
                                target->name);
        if (query_connects(target->where.port) < 0)
            return command_fail("the daemon %s has ended meanwhile", target->name);
        return command_fail(
            "what listens %s is not epmdpxy (a stock epmd, perhaps); name the right port with --port or "
            "ERL_EPMD_PORT",
            target->name);
    case CURLE_ABORTED_BY_CALLBACK:
        return command_fail("what listens %s says nothing: is it stopped? Else name the right one with %s",
                            target->name, is_port(target) ? "--port or ERL_EPMD_PORT" : "--control or EPMDPXY_CONTROL");
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

    if (request->stream)
        headers = curl_slist_append(headers, "Accept: " STREAM_TYPE);
    snprintf(line, sizeof(line), "Last-Event-ID: %s", request->last_event_id);
    if (request->last_event_id)
        headers = curl_slist_append(headers, line);
    snprintf(line, sizeof(line), "Authorization: Bearer %s", request->target->token);
    return request->target->token[0] ? curl_slist_append(headers, line) : headers;
}

static void set_patience(CURL *curl, struct transfer *transfer)
{
    transfer->heard_s = time(NULL);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, transfer);
}

static CURLcode perform(struct transfer *transfer, const char *loopback, const char *body)
{
    const struct client_request *request = transfer->request;
    CURL *curl = transfer->curl = curl_easy_init();
    struct curl_slist *headers = headers_of(request, body);
    CURLcode code = CURLE_URL_MALFORMAT;

    if (set_url(curl, request->target, loopback, request->path)) {
        curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L); /* a lease may be named ".." */
        curl_easy_setopt(curl, CURLOPT_PROXY, "");      /* whatever http_proxy says */
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        set_patience(curl, transfer);
        if (body)
            curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
        if (request->method)
            curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
        code = curl_easy_perform(curl);
        transfer->http_status = status_of(curl);
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return code;
}

/* Memory for libcurl, too, is there or ends the program: without it a request would lose its method, or a header. */
static char *copy(const char *text)
{
    return mem_string(text, strlen(text));
}

static void *zeroed(size_t count, size_t size)
{
    return mem_new(count * size);
}

/* Returns the answer's document, the caller's; or NULL. */
static json_t *transfer_run(struct transfer *transfer, CURLcode *ret_code)
{
    const struct client_request *request = transfer->request;
    char *sent = request->body ? json_dumps(request->body, JSON_COMPACT) : NULL;
    json_t *json;

    json_decref(request->body);
    curl_global_init_mem(CURL_GLOBAL_DEFAULT, mem_new, free, mem_resize, copy, zeroed);
    *ret_code = perform(transfer, "127.0.0.1", sent);
    /* Sockets that were passed to it may be of the other family only. */
    if (*ret_code == CURLE_COULDNT_CONNECT && is_port(request->target))
        *ret_code = perform(transfer, "[::1]", sent);
    curl_global_cleanup();
    free(sent);
    json = json_loadb(transfer->answer.data ? transfer->answer.data : "", transfer->answer.len, 0, NULL);
    text_done(&transfer->answer);
    return json;
}

char *client_escape(const char *word)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"; /* RFC 3986 */
    struct text escaped = {0};

    for (; *word; word++)
        text_addf(&escaped, strchr(plain, *word) ? "%c" : "%%%02X", (unsigned char)*word);
    text_add(&escaped, "", 1);
    return escaped.data;
}

int client_ask(const struct command *self, const struct client_request *request, json_t **ret)
{
    struct transfer transfer = {.request = request};
    CURLcode code;
    json_t *json = transfer_run(&transfer, &code);
    int status;

    if (code == CURLE_OK && json &&
        (transfer.http_status == 200 || (transfer.http_status == 404 && request->may_be_gone))) {
        *ret = json;
        return STATUS_OK;
    }
    status =
        code == CURLE_OK ? refused(self, transfer.http_status, json, request->target) : explain(code, request->target);
    json_decref(json);
    return status;
}

int client_listen(const struct command *self, const struct client_request *request, bool again)
{
    struct transfer transfer = {.request = request};
    CURLcode code;
    json_t *json = transfer_run(&transfer, &code);
    int status = STATUS_OK;

    if (transfer.no_stream)
        status = command_fail("the daemon %s is too old to tell events as they happen", request->target->name);
    else if (transfer.http_status != 200 && code == CURLE_OK)
        status = refused(self, transfer.http_status, json, request->target);
    else if (transfer.http_status != 200 && !again)
        status = explain(code, request->target);
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
