%% SPDX-License-Identifier: MIT
%% A node that is connected to all others and is no part of the experiment. The nodes have their default settings:
%% `global` disconnects more than was cut where splits overlap, and says so.
-module(observer_SUITE).
-compile([export_all, nowarn_export_all]).

-import(cluster, [start/3, start_one/3, call/5, node_of/2, connect/2, sees/2, wait/1, lost/2, ping/3, epmdpxy/2, log/1]).

-define(NODES, ["a", "b", "c", "d", "e"]).
-define(OTP, ["-kernel", "prevent_overlapping_partitions", "true"]).

%% OBSERVER_CUTS is how many; the seeds are their numbers.
suite() -> [{timetrap, {seconds, 120 + 2 * cuts()}}].

all() -> [cut_again_and_again, hidden_to_each_other, named_outright].

init_per_testcase(_, Config) -> cluster:init(["--observer", "runner"], Config).
end_per_testcase(_, Config) -> cluster:'end'(Config).

cuts() -> list_to_integer(os:getenv("OBSERVER_CUTS", "10")).

sees_all(Config, Name) -> sees(Config, Name) =:= lists:sort(["runner" | ?NODES]) -- [Name].

whole(Config) ->
    wait(fun() ->
             [ping(Config, A, B) || A <- ?NODES, B <- ?NODES, A < B],
             lists:all(fun(Name) -> sees_all(Config, Name) end, ?NODES)
         end).

%% The runner monitors a process of each node, and asks it, while any of them are severed from others.
cut_again_and_again(Config) ->
    start(Config, ["runner" | ?NODES], ?OTP),
    [pong = ping(Config, "runner", Name) || Name <- ?NODES],
    Nodes = [node_of(Config, Name) || Name <- ?NODES],
    [ok = call(Config, Name, agent, listen_to_log, []) || Name <- ?NODES],
    whole(Config),
    Before = length(lost(Config, "runner")),
    [begin
         epmdpxy(Config, io_lib:format("cut --mode sever --random-halves --seed ~w", [Seed])),
         epmdpxy(Config, "wait noticed"),
         Asked = call(Config, "runner", agent, ask_all, [Nodes]),
         {Asked, _} = {Nodes, Seed},
         epmdpxy(Config, "fix"),
         whole(Config)
     end || Seed <- lists:seq(1, cuts())],
    Before = length(lost(Config, "runner")),
    [{Name, []} = {Name, [Node || {Node, _} <- lost(Config, Name), Node =:= node_of(Config, "runner")]} || Name <- ?NODES],
    [{Name, []} = {Name, call(Config, Name, agent, logged, ["overlapping"])} || Name <- ?NODES].

%% Whoever dials.
hidden_to_each_other(Config) ->
    start(Config, ["runner", "a", "b"], ?OTP),
    [pong = ping(Config, From, To) || {From, To} <- [{"runner", "a"}, {"b", "runner"}, {"a", "b"}]],
    [] = call(Config, "runner", erlang, nodes, []),
    [_, _] = call(Config, "runner", erlang, nodes, [hidden]),
    [["b"], ["a"]] = [[cluster:short(Node) || Node <- call(Config, Name, erlang, nodes, [])] || Name <- ["a", "b"]],
    epmdpxy(Config, "wait mesh"), % of a and b
    Halves = epmdpxy(Config, "cut --halves"),
    {nomatch, _} = {string:find(Halves, "runner"), Halves}.

%% Patterns are not about it; its name is.
named_outright(Config) ->
    start(Config, ["runner", "a"], ["-connect_all", "false"]),
    pong = ping(Config, "runner", "a"),
    epmdpxy(Config, "cut --mode close 'r*' a"),
    epmdpxy(Config, "fault add latency --between '*' '*' delay=3s"),
    pong = ping(Config, "a", "runner"),
    [] = lost(Config, "runner"),
    Said = epmdpxy(Config, "cut --mode close runner a"),
    {true, _} = {string:find(Said, "is an observer") =/= nomatch, Said},
    wait(fun() -> sees(Config, "a") =:= [] end),
    pang = ping(Config, "runner", "a").
