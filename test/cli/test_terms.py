# SPDX-License-Identifier: MIT
"""The API in Erlang's terms, with what a real Erlang writes and reads."""
import subprocess

from harness import CLEAN, daemon

SCRIPT = """
[Port] = init:get_plain_arguments(),
Type = "application/vnd.erlang.etf",
{ok, _} = application:ensure_all_started(inets),
Ask = fun(Path, Body) ->
    Url = "http://localhost:" ++ Port ++ Path,
    Accept = [{"accept", Type}],
    Request = case Body of none -> {Url, Accept}; Term -> {Url, Accept, Type, term_to_binary(Term)} end,
    Method = case Body of none -> get; _ -> post end,
    {ok, {{_, Status, _}, Headers, Answer}} = httpc:request(Method, Request, [], [{body_format, binary}]),
    Type = proplists:get_value("content-type", Headers),
    {Status, binary_to_term(Answer, [safe])}
end,
{200, #{<<"rules">> := []}} = Ask("/v1/rules", none),
{200, #{<<"rules">> := [#{<<"id">> := 1, <<"islands">> := [[<<"a">>, <<"b">>], [<<"c">>]]}], <<"held_cables">> := 0}} =
    Ask("/v1/cut", #{islands => [[a, "b"], [<<"c">>]], one_way => true, mode => sever}),
{400, #{<<"error">> := <<"islands: ", _/binary>>, <<"status">> := 400}} = Ask("/v1/cut", #{islands => [[a], [a]]}),
{400, #{<<"error">> := <<"the document must be a map, not", _/binary>>}} = Ask("/v1/cut", [1, 2]),
{400, #{<<"error">> := <<"the document is not a term", _/binary>>}} = Ask("/v1/cut", {a, b}),
{404, #{<<"error">> := _}} = Ask("/v1/nothing", none),
{200, #{<<"nodes">> := [], <<"relay">> := true, <<"uptime_ms">> := Up}} = Ask("/v1/status", none),
true = is_integer(Up),
{200, #{<<"rules">> := []}} = Ask("/v1/fix", #{}),
io:format("fine~n"), halt().
"""


def test_the_api_speaks_erlang():
    with daemon() as port:
        done = subprocess.run(["erl", "-noinput", "-eval", SCRIPT, "-extra", str(port)], env=CLEAN, capture_output=True, text=True, timeout=60, check=False)
        assert done.stdout == "fine\n", done.stdout + done.stderr
