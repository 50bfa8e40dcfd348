#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""doc/API.md, from what the program says of itself:  EPMDPXY=build/epmdpxy test/cli/api_page.py  writes it anew.

The resources, their queries and help come from GET /v1, the fields of bodies from its refusals, the metrics from their own help
texts; each example is asked and answered. Only what no table knows is written here.
"""
import collections
import json
import re
import urllib.request

from harness import ROOT, daemon, get, http, post, register, wait
from links import link

PAGE = ROOT / "doc" / "API.md"
COLUMNS = 120

HEAD = """\
# The control API

<!-- Made by test/cli/api_page.py from what the program says of itself: change it there, or in the program. -->

HTTP on the port that EPMD has, for programs on the same machine; the command line uses it too. [README.md](../README.md) shows the
first steps, [FAULTS.md](FAULTS.md) says what each fault does to real nodes.

- A body is an object in JSON (`Content-Type: application/json`), and so is every answer, but for the metrics. Erlang need not read
  JSON: with `application/vnd.erlang.etf`, as content type and in `Accept`, the same documents come and go as `term_to_binary/1`
  writes them; keys and texts are binaries.
- Names are those of nodes, `a` or `a@host`, or patterns: `rabbit*`, `*@host2`. One without `@` means that node on any host.
- A time, rate or size is a text with its unit, `"delay": "50ms"`. In answers its number stands beside it, in a field that names the
  unit: `delay_ms`, `rate_bits` (a second), `average_size_bytes`; a request may have either, or both. `for` is also `for_ms`.
- "From a to b" is the data that a sends, whoever has dialled.
- `HEAD` is answered as `GET` is, without the body.
- What is longer than 64 KiB comes in chunks, without a `Content-Length`, and is made in pieces while the nodes go on: each row is true
  at its moment, and they need not be of the same one. What has gone before its turn is not in it, what came later may be missing;
  whatever is there all the time is there once.
- A field or a query that is not known is refused, so that no misspelt one is passed over.

## When something is refused

The answer is `{"error": "...", "status": N}`: one line that begins with the field that is wrong. Nothing has changed then.

{refused}

| status | |
|---|---|
| 400 | the request is wrong: the line says which field, and what it should be |
| 401 | at `serve --control ADDRESS:PORT`: `Authorization` is not `Bearer` and the daemon's token |
| 403 | whoever asks is on another machine, or is a web page of another origin |
| 404 | there is no such resource, rule, lease or observer |
| 405 | the resource does not have this method; `Allow` says which it has |
| 409 | it cannot be done: a limit is reached, or nothing is known of it |
| 413 | the body is larger than 1 MiB |
| 415 | the body is neither JSON nor a term |
| 421 | at EPMD's port: `Host` is neither localhost nor an address nor the name of this machine: another server was meant |
| 503 | not now, because too many wait already, say: try again |
| 504 | `GET /v1/wait`: the condition did not hold in time; the line says what was missing |

## Further ways in

EPMD's port answers HTTP to its own machine alone. There may be up to eight more ways:

    epmdpxy serve --control unix:/run/user/1000/epmdpxy                      # for this user (mode 0600)
    epmdpxy serve --control 10.0.0.1:4370 --token-file ~/.epmdpxy-token      # for other machines, with a token

The token is one line of 16 to 255 letters, digits and `-._~+/=` in a file that nobody else may read (`head -c 24 /dev/urandom |
base64`); every request at such an address has to carry it, as `Authorization: Bearer TOKEN`. Nothing is encrypted: use it where
nobody listens, or through a tunnel. The command line takes `--control WHERE` and `--token-file FILE` too, or `EPMDPXY_CONTROL` and
`EPMDPXY_TOKEN`:

    curl --unix-socket /run/user/1000/epmdpxy http://localhost/v1/status
    EPMDPXY_TOKEN=... epmdpxy status --control 10.0.0.1:4370

## All resources

"""

# What no table knows, before the methods of a resource.
NOTES = {
    "/metrics": "The text format of Prometheus, 0.0.4. A pair of nodes has its lines from its first connection on; there are lines for the\n"
                "first 1000 pairs by name, and the totals know of all of them. `from` is empty where nobody knows who dialled (TLS).\n"
                "Prometheus has to run on the same machine, or to come with the token (see above):\n\n"
                "    scrape_configs: [{job_name: epmdpxy, static_configs: [{targets: [\"localhost:14369\"]}]}]",
    "/v1/status": "The documents of `/v1/nodes`, `/v1/cables` and `/v1/rules` in one, with the daemon's own figures. `node` is\n"
                  "its own name as a node, with `serve --node` ([NODE.md](NODE.md)). `batch`, `splice`\n"
                  "and `stay_awake_us` tell how bytes are moved, see [PERFORMANCE.md](PERFORMANCE.md).",
    "/v1/cables": "The states are those of `epmdpxy status --help`. Of each lane: what was sent (`bytes`, `frames`, `ticks`), and what of it\n"
                  "waits in the daemon (`kept_bytes`).",
    "/v1/events": "With `Accept: text/event-stream` the events come as they happen (server-sent events), to a browser's `EventSource`, to\n"
                  "`epmdpxy events --follow`, and to\n\n"
                  "    curl -N -H 'Accept: text/event-stream' 'http://localhost:14369/v1/events?kind=cable_up,cable_down'\n\n"
                  "    id: 41\n\n"
                  "    id: 42\n"
                  "    event: cable_up\n"
                  '    data: {"id":42,"time_ms":1764081361915,"event":"cable_up","cable":7,"from":"a@h","to":"b@h","text":"#7 a@h dialled b@h"}\n\n'
                  "It begins with the number of the last event that is not told: the newest one, or that of `?after=N`. A number that no event\n"
                  "has yet is refused: the daemon may have been started anew since; but for the largest, 18446744073709551615, behind which there is\n"
                  "nothing but `last`, the newest one's. Whoever comes again with\n"
                  "the header `Last-Event-ID` goes on where it was. The newest 1000 events are remembered; when what should come next is not among\n"
                  "them, or is of an earlier daemon, `event: reset` with `{\"next\": N}` says where it goes on. There is a comment every 15 s when\n"
                  "nothing happens, and room for 64 streams; whoever takes nothing for a minute is disconnected.",
    "/v1/kinds": "So a program need not know them by heart. The example is the first of them.",
    "/v1/cut": "Either `islands`, or a `topology` by which the registered nodes are dealt. `mode` is that of the `partition` in `/v1/kinds`.",
    "/v1/rules": "Whom it is about is said in one of four ways: `from` and `to`, `between` two sets, `islands` (each pair of different ones), or\n"
                 "`nodes`, for the faults of names. A rule with the `owner` \"connection\" goes when that on which it was asked for (by\n"
                 "HTTP/1.1) ends. The daemon closes no such connection, silent as it may be, unless for a minute the machine at its other end\n"
                 "has vanished, or takes nothing of an answer or of a stream of events. There is room for 64 of them. The `owner` \"process\"\n"
                 "is one of the node `owner_node` ([NODE.md](NODE.md)). What an `effect` counts is told by `epmdpxy fault --help`.",
    "/v1/wait": "The conditions, and what each waits for, are those of `epmdpxy wait --help`, with `+` for spaces.",
}

# In the order in which they are asked; written at their resources.
EXAMPLES = (
    ("GET", "/v1/nodes?node=a*", None),
    ("GET", "/v1/links", None),
    ("GET", "/v1/cables?node=a&state=up", None),
    ("GET", "/v1/events", None),
    ("GET", "/v1/kinds", None),
    ("POST", "/v1/leases", {"name": "run-1", "for": "1m"}),
    ("POST", "/v1/rules", {"fault": "latency", "params": {"delay": "100ms"}, "from": ["a"], "to": ["b"], "lease": "run-1"}),
    ("POST", "/v1/cut", {"islands": [["a"], ["b"]], "mode": "drop", "for": "5m"}),
    ("GET", "/v1/rules", None),
    ("POST", "/v1/fix", {"islands": [["a"], ["b"]]}),
    ("DELETE", "/v1/leases/run-1", None),
    ("POST", "/v1/observers", {"nodes": ["ct_runner"]}),
    ("GET", "/v1/wait?condition=up+2&timeout=10s", None),
)

# What is another number each time.
FIXED = {"creation": 1763000000, "age_ms": 1500, **dict.fromkeys(("time_ms", "first_ms", "last_ms", "given_up_ms"), 1763000000000)}


def steady(value, key=None):
    """Without what differs from one run to the next."""
    if isinstance(value, dict):
        return {name: steady(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [steady(each) for each in value]
    if key and key.endswith("_in_ms"):
        return -(-value // 10000) * 10000  # a busy machine may take its time
    return FIXED.get(key, value)


def shown(value, indent=4):
    """JSON, in lines that fit."""
    line = json.dumps(value, ensure_ascii=False)
    if indent + len(line) <= COLUMNS or not value or not isinstance(value, (dict, list)):
        return line
    inner = [(f"{json.dumps(key)}: " if isinstance(value, dict) else "") + shown(value[key], indent + 2)
             for key in (value if isinstance(value, dict) else range(len(value)))]
    begin, end = "{}" if isinstance(value, dict) else "[]"
    pad = " " * (indent + 2)
    return begin + "\n" + ",\n".join(pad + each for each in inner) + "\n" + " " * indent + end


def asked(port, method, path, body):
    """An example, indented, with its answer."""
    if body is None:
        status, answer = http(port, f"{method} {path} HTTP/1.1\nHost: localhost\n\n")
    else:
        status, answer = post(port, path, body)
    if path == "/v1/kinds":
        answer = answer["kinds"][0]
    told = "" if body is None else f"\n    {shown(body)}"
    return f"    {method} {path}{told}\n\n    {status}\n    {shown(steady(answer))}\n"


def fields(port, path):
    """Those of a body, as its refusals tell: [(name, what it must be)]."""
    refusal = post(port, path, {"?": 0})[1]["error"]
    assert "no such field; there " in refusal, refusal
    for name in re.split(r"there (?:is|are) ", refusal)[1].split(", "):
        yield name, re.sub(r", not null$", "", post(port, path, {name: None})[1]["error"].removeprefix(f"{name}: must be "))


def table(head, rows):
    rows = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join([f"| {' | '.join(head)} |", "|" + "---|" * len(head)] + [f"| {' | '.join(row)} |" for row in rows]) + "\n"


def metrics(port):
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://localhost:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    helps, types = (dict(re.findall(rf"^# {what} (\S+) (.*)$", text, re.MULTILINE)) for what in ("HELP", "TYPE"))
    labels = {name: ", ".join(re.findall(r'(\w+)="', found)) for name, found in re.findall(r"^(\w+)\{(.*)\} ", text, re.MULTILINE)}
    return table(("metric", "type", "labels", ""), [(f"`{name}`", types[name], labels.get(name, ""), helps[name]) for name in helps])


def word(path):
    """A path that ends with a slash takes one more word."""
    return path + {"/v1/rules/": "ID"}.get(path, "NAME") if path.endswith("/") else path


def section(port, path, resources, examples):
    yield f"## `{word(path)}`\n"
    if path in NOTES:
        yield NOTES[path] + "\n"
    for resource in resources:
        yield f"**{resource['method']}** {resource['help']}\n"
        if resource["queries"]:
            yield f"Queries: {', '.join(f'`{query}`' for query in resource['queries'])}.\n"
        if resource["method"] == "POST":
            yield table(("field", "is"), [(f"`{name}`", takes) for name, takes in fields(port, path)])
        yield from examples[resource["method"], path]
    if path == "/metrics":
        yield metrics(port)


def page():
    parts, sections = collections.defaultdict(list), collections.defaultdict(list)
    with daemon("--seed", "1") as port, link(port, ("a", "b")), register(port, "a", 40001):
        wait(lambda: get(port, "/v1/links")[1]["links"][0]["state"] == "up")
        resources = get(port, "/v1")[1]["resources"]
        paths = sorted({resource["path"] for resource in resources}, key=len, reverse=True)
        for method, path, body in EXAMPLES:
            parts[method, next(each for each in paths if path.startswith(each))].append(asked(port, method, path, body))
        for resource in resources:
            sections[resource["path"]].append(resource)
        refused = asked(port, "POST", "/v1/cut", {"islands": [["a"], ["a", "b"]]}).rstrip("\n")
        overview = table(("method", "resource", ""), [(each["method"], f"`{word(each['path'])}`", each["help"]) for each in resources])
        written = [HEAD.replace("{refused}", refused) + overview]
        for path, there in sections.items():
            written += section(port, path, there, parts)
    return "\n".join(written)


if __name__ == "__main__":
    PAGE.write_text(page())
