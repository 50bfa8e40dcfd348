%% SPDX-License-Identifier: MIT
%% Words for whole clusters: topologies, waiting, flapping, faults that go by themselves. What the daemon says is compared
%% with what the nodes see.
-module(words_SUITE).
-compile([export_all, nowarn_export_all]).

-import(cluster, [start/3, call/5, node_of/2, connect/2, sees/2, wait/1, wait/2, wait_mesh/2, later/1, now_ms/0,
                  ping/3, lost/2, send/4, got/3, epmdpxy/2, cli/2, fault/2, cables/1]).

-define(FIVE, ["n1", "n2", "n3", "n4", "n5"]).
-define(ALONE, ["-connect_all", "false"]).

suite() -> [{timetrap, {seconds, 90}}].

all() -> [topologies, rings, random_halves, conditions, noticed, settled, quiet, ttl, lease, flap, flap_killed, effects].

init_per_testcase(_, Config) -> cluster:init([], Config).
end_per_testcase(_, Config) -> cluster:'end'(Config).

%% ---- what the tests have in common ----

start_mesh(Config, Names) ->
    start(Config, Names, ?ALONE),
    mesh(Config, Names).

%% Mends it, too: nodes that were parted dial nobody by themselves.
mesh(Config, Names) ->
    wait(fun() -> lists:all(fun({A, B}) -> ping(Config, A, B) =:= pong end, [{A, B} || A <- Names, B <- Names, A < B]) end),
    wait_mesh(Config, Names).

%% Who sees whom.
views(Config, Names) -> [{Name, sees(Config, Name)} || Name <- Names].

%% What those see who are on one island; others see everybody.
expected(Islands) ->
    lists:sort([{Name, lists:sort(Island -- [Name])} || Island <- Islands, Name <- Island]).

%% Cuts by those words with `close`, which nodes notice at once; returns what is printed.
cut(Config, Words, Check) ->
    Printed = epmdpxy(Config, "cut --mode close " ++ Words),
    wait(fun() -> Check(views(Config, ?FIVE)) end, 10000),
    timer:sleep(100), % and no more than that
    true = Check(views(Config, ?FIVE)),
    Printed.

fix(Config) ->
    epmdpxy(Config, "fix"),
    mesh(Config, ?FIVE).

no_faults(Config) -> epmdpxy(Config, "fault list") =:= "no faults".

timed_out(Config, Condition, Says) ->
    {1, Text} = cli(Config, "wait --timeout 300ms " ++ Condition),
    {Text, true, true} = {Text, contains(Text, "not within 300ms: "), contains(Text, Says)},
    nomatch = string:find(Text, "\n").

contains(Text, Part) -> string:find(Text, Part) =/= nomatch.

%% ---- topologies ----

topologies(Config) ->
    start_mesh(Config, ?FIVE),
    Is = fun(Islands) -> fun(Views) -> Views =:= expected(Islands) end end,
    [begin
         cut(Config, Words, Is(Islands)),
         fix(Config)
     end || {Words, Islands} <- [
        {"--halves", [["n1", "n2"], ["n3", "n4", "n5"]]},
        {"--isolate n3", [["n3"], ["n1", "n2", "n4", "n5"]]}]],
    %% the bridge sees both halves
    cut(Config, "--bridge n3", fun(Views) ->
        Views =:= [{"n1", ["n2", "n3"]}, {"n2", ["n1", "n3"]}, {"n3", ["n1", "n2", "n4", "n5"]}, {"n4", ["n3", "n5"]},
                   {"n5", ["n3", "n4"]}]
    end),
    pang = ping(Config, "n1", "n5"),
    fix(Config),
    %% of some of them; n5 is not concerned
    cut(Config, "--halves --of n1,n2,n3,n4", fun(Views) ->
        Views =:= [{"n1", ["n2", "n5"]}, {"n2", ["n1", "n5"]}, {"n3", ["n4", "n5"]}, {"n4", ["n3", "n5"]},
                   {"n5", ["n1", "n2", "n3", "n4"]}]
    end).

%% Each of five sees two others, mutually, and no two see the same majority.
rings(Config) ->
    start_mesh(Config, ?FIVE),
    cut(Config, "--majorities-ring --seed 5", fun(Views) ->
        Majorities = [lists:sort([Name | Seen]) || {Name, Seen} <- Views],
        lists:all(fun(Majority) -> length(Majority) =:= 3 end, Majorities) andalso length(lists:usort(Majorities)) =:= 5
            andalso [] =:= [B || {A, Seen} <- Views, B <- Seen, not lists:member(A, proplists:get_value(B, Views))]
    end).

%% The same seed, the same cut; a seed that was not given is told.
random_halves(Config) ->
    start_mesh(Config, ?FIVE),
    Halves = fun(Views) ->
        Islands = lists:usort([lists:sort([Name | Seen]) || {Name, Seen} <- Views]),
        lists:sort([length(Island) || Island <- Islands]) =:= [2, 3]
    end,
    Printed = cut(Config, "--random-halves", Halves),
    First = views(Config, ?FIVE),
    {match, [Seed]} = re:run(Printed, "seed:? ([0-9]+)", [{capture, all_but_first, list}]),
    fix(Config),
    cut(Config, "--random-halves --seed " ++ Seed, fun(Views) -> Views =:= First end),
    %% among ten seeds there are several cuts
    Cuts = [begin
                epmdpxy(Config, "fix"),
                maps:get("islands", hd(maps:get("rules", tiny_json:decode(epmdpxy(Config,
                    "cut --json --mode refuse --random-halves --seed " ++ integer_to_list(N))))))
            end || N <- lists:seq(1, 10)],
    {true, _} = {length(lists:usort(Cuts)) > 3, Cuts}.

%% ---- waiting ----

conditions(Config) ->
    timed_out(Config, "up 3", "0 of 3 nodes are registered"),
    Up = later(fun() -> epmdpxy(Config, "wait up 3") end),
    start(Config, ["a", "b", "c"], ?ALONE),
    Up(),
    timed_out(Config, "mesh", "are not connected"),
    timed_out(Config, "connected a b", "are not connected"),
    timed_out(Config, "connected a x", "no node named 'x' is registered"),
    epmdpxy(Config, "wait disconnected a b,c"),
    Mesh = later(fun() -> epmdpxy(Config, "wait mesh"), views(Config, ["a", "b", "c"]) end),
    Pair = later(fun() -> epmdpxy(Config, "wait connected a b,c"), sees(Config, "a") end),
    connect(Config, ["a", "b", "c"]),
    [{"a", ["b", "c"]}, {"b", ["a", "c"]}, {"c", ["a", "b"]}] = Mesh(),
    ["b", "c"] = Pair(),
    timed_out(Config, "disconnected a b,c", "are still connected"),
    Gone = later(fun() -> epmdpxy(Config, "wait disconnected a b,c"), sees(Config, "a") end),
    epmdpxy(Config, "cut --mode close a b,c"),
    [] = Gone(),
    epmdpxy(Config, "wait mesh b,c"),
    timed_out(Config, "mesh", "and 1 other pair"),
    epmdpxy(Config, "wait noticed").

%% A held cut is noticed when both nodes have given up their connection.
noticed(Config) ->
    start_mesh(Config, ["a", "b", "c"]),
    Began = now_ms(),
    epmdpxy(Config, "cut a b,c"),
    timed_out(Config, "noticed", "are cut, and have not noticed yet"),
    epmdpxy(Config, "wait noticed"),
    {true, _} = {now_ms() - Began >= 2000, now_ms() - Began},
    %% the nodes' own word for it follows at once
    wait(fun() -> views(Config, ["a", "b", "c"]) =:= [{"a", []}, {"b", ["c"]}, {"c", ["b"]}] end, 1000).

%% A node that cannot have heard of it is not waited for: that is what `settled` does not promise.
settled(Config) ->
    start_mesh(Config, ["a", "b", "c"]),
    #{"last" := Mark} = cluster:http(Config, "GET", "/v1/events", ""),
    Go = cluster:suspend(Config, "b"),
    epmdpxy(Config, "cut --mode close a b,c"),
    epmdpxy(Config, "wait settled"),
    true = contains(epmdpxy(Config, "wait event cable_down a c --timeout 0s --after " ++ integer_to_list(Mark)), "a cut closes it"),
    wait(fun() -> sees(Config, "a") =:= [] end),
    Go(),
    wait(fun() -> views(Config, ["a", "b", "c"]) =:= [{"a", []}, {"b", ["c"]}, {"c", ["b"]}] end).

quiet(Config) ->
    start_mesh(Config, ["a", "b"]),
    epmdpxy(Config, "wait quiet"),
    ok = call(Config, "a", agent, load, [[node_of(Config, "b")], 100]),
    {1, Text} = cli(Config, "wait --timeout 2s quiet"),
    true = contains(Text, "frames are sent"),
    call(Config, "a", agent, stop_load, []),
    Began = now_ms(),
    epmdpxy(Config, "wait quiet"),
    {true, _} = {now_ms() - Began >= 900, now_ms() - Began}.

%% ---- faults that go by themselves ----

ttl(Config) ->
    start_mesh(Config, ["a", "b", "c"]),
    Began = now_ms(),
    epmdpxy(Config, "cut --for 1500ms a b"),
    fault(Config, "latency --between a c delay=1h --for 1s"),
    ok = send(Config, "a", "b", {1, 50}),
    ok = send(Config, "a", "c", {1, 50}),
    wait(fun() -> got(Config, "c", "a") =:= lists:seq(1, 50) end, 5000),
    {true, _} = {now_ms() - Began >= 1000, now_ms() - Began},
    wait(fun() -> got(Config, "b", "a") =:= lists:seq(1, 50) end, 5000),
    {true, _} = {now_ms() - Began >= 1500, now_ms() - Began},
    true = no_faults(Config),
    [[] = lost(Config, Name) || Name <- ["a", "b", "c"]].

%% What depends on a lease holds as long as that is renewed, and no longer; nothing else goes with it.
lease(Config) ->
    start_mesh(Config, ["a", "b", "c"]),
    epmdpxy(Config, "lease nightly --for 3s"),
    epmdpxy(Config, "cut --mode close --lease nightly a b"),
    fault(Config, "latency --lease nightly --between b c delay=1ms"),
    Other = fault(Config, "latency --between b c delay=1ms"),
    Parted = fun() -> ping(Config, "a", "b") =:= pang end,
    [begin
         timer:sleep(1000), % a third of its time
         true = Parted(),
         epmdpxy(Config, "lease nightly --for 3s")
     end || _ <- [1, 2, 3, 4]],
    Renewed = now_ms(),
    wait(fun() -> not Parted() end, 6000),
    {true, _} = {now_ms() - Renewed > 2000, now_ms() - Renewed},
    [#{"id" := Other}] = maps:get("rules", cluster:status(Config)),
    %% or when it is ended
    epmdpxy(Config, "lease evening --for 1h"),
    epmdpxy(Config, "cut --mode close --lease evening a b"),
    true = Parted(),
    epmdpxy(Config, "lease evening --end"),
    false = Parted().

%% ---- flap ----

flap(Config) ->
    start_mesh(Config, ?FIVE),
    Flap = start_flap(Config, ["--period", "500ms", "--seed", "4", "--random-halves"]),
    [begin % it is cut, and it is not
         wait(fun() -> not no_faults(Config) end),
         wait(fun() -> no_faults(Config) end)
     end || _ <- [1, 2, 3, 4]],
    wait(fun() -> lists:all(fun(Name) -> lost(Config, Name) =/= [] end, ?FIVE) end),
    stop_flap(Flap, "INT"),
    true = no_faults(Config),
    mesh(Config, ?FIVE).

start_flap(Config, Words) ->
    open_port({spawn_executable, os:getenv("EPMDPXY")},
              [exit_status, {args, ["flap", "--mode", "close", "--port", integer_to_list(cluster:port(Config)) | Words]}]).

stop_flap(Flap, Signal) ->
    {os_pid, Pid} = erlang:port_info(Flap, os_pid),
    os:cmd("kill -" ++ Signal ++ " " ++ integer_to_list(Pid)),
    wait_exit(Flap).

%% However it ends, nothing stays cut: stopped it removes its cut at once, killed its cut ends by itself.
flap_killed(Config) ->
    start_mesh(Config, ["a", "b"]),
    [begin
         Flap = start_flap(Config, ["--period", Period, "a", "b"]),
         wait(fun() -> not no_faults(Config) end),
         stop_flap(Flap, Signal),
         wait(fun() -> no_faults(Config) end),
         mesh(Config, ["a", "b"])
     end || {Signal, Period} <- [{"INT", "1h"}, {"TERM", "1h"}, {"KILL", "2s"}]].

wait_exit(Port) ->
    receive
        {Port, {exit_status, _}} -> ok;
        {Port, {data, _}} -> wait_exit(Port)
    after 5000 -> error(it_goes_on)
    end.

%% ---- effects ----

effect(Config, Id) ->
    [Effect] = [Effect || #{"id" := I, "effect" := Effect} <- maps:get("rules", cluster:status(Config)), I =:= Id],
    {maps:get("cables", Effect), maps:get("dials", Effect), maps:get("lookups", Effect)}.

%% A rule tells what it has touched: connections that live, connections that were tried, questions to the port mapper.
effects(Config) ->
    start(Config, ["a", "b", "c"], ["-connect_all", "false", "-kernel", "net_setuptime", "2"]),
    [pong = ping(Config, From, To) || {From, To} <- [{"a", "b"}, {"a", "c"}]],
    Rules = [fault(Config, Fault) || Fault <- ["mute --between a b", "downgrade --between a b clear=alias", "freeze --from b --to c",
                                               "partition mode=refuse --between a c", "hide --node b", "unlisted --node b"]],
    [{1, 0, 0}, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}] = [effect(Config, Id) || Id <- Rules],
    pang = ping(Config, "c", "b"),
    [{0, 0, 1}, {0, 0, 0}] = [effect(Config, Id) || Id <- lists:nthtail(4, Rules)],
    epmdpxy(Config, "names"),
    [{0, 0, 1}, {0, 0, 1}] = [effect(Config, Id) || Id <- lists:nthtail(4, Rules)],
    true = call(Config, "a", erlang, disconnect_node, [node_of(Config, "c")]),
    wait(fun() -> ping(Config, "c", "a") =:= pang andalso element(2, effect(Config, lists:nth(4, Rules))) > 0 end),
    {0, _, 0} = effect(Config, lists:nth(4, Rules)),
    epmdpxy(Config, "fault clear"),
    call(Config, "a", erlang, disconnect_node, [node_of(Config, "b")]), % it was mute: a tick may be due
    wait(fun() -> cables(Config) =:= [] end),
    [pong = ping(Config, "a", Name) || Name <- ["b", "c"]],
    epmdpxy(Config, "cut --mode sever a b,c"),
    pang = ping(Config, "b", "a"),
    Said = epmdpxy(Config, "fix"),
    {true, _} = {string:find(Said, "touched 2 cables and 1 dial") =/= nomatch, Said}.
