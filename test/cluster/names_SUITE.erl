%% SPDX-License-Identifier: MIT
%% Faults of names: what nodes hear from their port mapper about one node, while all others are found as ever.
-module(names_SUITE).
-compile([export_all, nowarn_export_all]).

-import(cluster, [start/3, call/5, node_of/2, sees/2, wait/1, wait/2, later/1, now_ms/0, ping/3, timed_ping/3, lost/2,
                  epmdpxy/2, fault/2, counter/2]).

-define(ALONE, ["-connect_all", "false"]).
-define(HASTY, ["-kernel", "net_setuptime", "2"]).

suite() -> [{timetrap, {seconds, 60}}].

all() -> [hide, slow, silent, unlisted, together].

init_per_testcase(_, Config) ->
    Started = cluster:init([], Config),
    start(Started, ["a", "b", "c"], ?ALONE ++ ?HASTY),
    Started.

end_per_testcase(_, Config) -> cluster:'end'(Config).

%% ---- what the tests have in common ----

%% What a hears about that name's port.
port_of(Config, Name) ->
    case call(Config, "a", erl_epmd, port_please, [Name, "localhost"]) of
        {port, _, _} -> found;
        Other -> Other
    end.

listed(Config) ->
    {ok, Names} = call(Config, "a", net_adm, names, [localhost]),
    lists:sort([Name || {Name, _} <- Names]).

drop(Config, Name) ->
    true = call(Config, "a", erlang, disconnect_node, [node_of(Config, Name)]),
    wait(fun() -> not lists:member("a", sees(Config, Name)) end).

%% All is well with the others, whatever is said about b.
others_are_found(Config) ->
    found = port_of(Config, "c"),
    {pong, Ms} = timed_ping(Config, "a", "c"),
    {true, _} = {Ms < 1000, Ms},
    drop(Config, "c").

timed(Fun) ->
    {Took, Result} = timer:tc(Fun),
    {Result, Took div 1000}.

%% ---- ----

%% Nobody finds b, and it is told so at once. b finds others, and keeps its connections; NAMES has it.
hide(Config) ->
    pong = ping(Config, "b", "c"),
    Id = fault(Config, "hide --node b"),
    noport = port_of(Config, "b"),
    {pang, Ms} = timed_ping(Config, "a", "b"),
    {true, _} = {Ms < 1500, Ms},
    others_are_found(Config),
    ["a", "b", "c"] = listed(Config),
    ["c"] = sees(Config, "b"),
    pong = ping(Config, "b", "a"),
    drop(Config, "b"),
    pang = ping(Config, "a", "b"),
    epmdpxy(Config, io_lib:format("fault rm ~w", [Id])),
    pong = ping(Config, "a", "b"),
    false = lists:keymember(node_of(Config, "b"), 1, lost(Config, "c")),
    true = counter(Config, "lookups_hidden") >= 3.

%% The answer is late, and true. Longer than the setup timer: nobody connects.
slow(Config) ->
    fault(Config, "slow --node b delay=400ms"),
    fault(Config, "slow --node 'b*' delay=200ms"), % delays add up
    {found, Late} = timed(fun() -> port_of(Config, "b") end),
    {true, _} = {Late >= 600 andalso Late < 1600, Late},
    {pong, Ms} = timed_ping(Config, "a", "b"),
    {true, _} = {Ms >= 600 andalso Ms < 1600, Ms},
    drop(Config, "b"),
    others_are_found(Config),
    epmdpxy(Config, "fault clear"),
    {pong, Soon} = timed_ping(Config, "a", "b"),
    {true, _} = {Soon < 600, Soon},
    drop(Config, "b"),
    fault(Config, "slow --node b delay=1m"),
    {pang, Never} = timed_ping(Config, "a", "b"),
    {true, _} = {Never >= 1900 andalso Never < 4500, Never}.

%% No answer at all: whoever dials waits until its own timer has run out.
silent(Config) ->
    Began = now_ms(),
    fault(Config, "silent --node b --for 3500ms"),
    {pang, Ms} = timed_ping(Config, "a", "b"),
    {true, _} = {Ms >= 1900 andalso Ms < 3400, Ms},
    others_are_found(Config),
    pong = ping(Config, "b", "a"),
    drop(Config, "b"),
    %% it goes by itself, and not before
    wait(fun() -> epmdpxy(Config, "fault list") =:= "no faults" end),
    {true, _} = {now_ms() - Began >= 3500, now_ms() - Began},
    {pong, Soon} = timed_ping(Config, "a", "b"),
    {true, _} = {Soon < 1000, Soon}.

%% Missing in the list, and found by those who know the name.
unlisted(Config) ->
    fault(Config, "unlisted --node b --for 1500ms"),
    ["a", "c"] = listed(Config),
    "" = lists:flatten([Line || Line <- string:split(epmdpxy(Config, "names"), "\n", all),
                                string:find(Line, "name b ") =/= nomatch]),
    found = port_of(Config, "b"),
    pong = ping(Config, "a", "b"),
    drop(Config, "b"),
    others_are_found(Config),
    wait(fun() -> listed(Config) =:= ["a", "b", "c"] end, 5000).

%% Silence goes before hiding, and faults hold for nodes that are still to come.
together(Config) ->
    Silent = fault(Config, "silent --node b,later"),
    fault(Config, "hide --node b,later"),
    cluster:start_one(Config, "later", ?ALONE ++ ?HASTY),
    [{pang, true} = {Answer, Ms >= 1900} || Name <- ["b", "later"], {Answer, Ms} <- [timed_ping(Config, "a", Name)]],
    epmdpxy(Config, io_lib:format("fault rm ~w", [Silent])),
    [{pang, true} = {Answer, Ms < 1500} || Name <- ["b", "later"], {Answer, Ms} <- [timed_ping(Config, "a", Name)]],
    epmdpxy(Config, "fault clear"),
    [pong = ping(Config, "a", Name) || Name <- ["b", "later"]].
