%% SPDX-License-Identifier: MIT
%% Cut and fix, as the nodes see them.
-module(partition_SUITE).
-compile([export_all, nowarn_export_all]).

-import(cluster, [start/2, start/3, start_one/3, call/5, node_of/2, connect/2, sees/2, wait/1, wait/2, wait_mesh/2,
                  ping/3, lost/2, epmdpxy/2, cables/1, up_cables/1]).

-define(FIVE, ["n1", "n2", "n3", "n4", "n5"]).
-define(ALONE, ["-connect_all", "false"]).
-define(HASTY, ["-kernel", "net_setuptime", "2"]).

suite() -> [{timetrap, {seconds, 90}}].

all() ->
    [mesh, two_islands, cut_before_connecting, one_way, healed_in_time, held_handshake, three_islands_and_pairwise_fix,
     patterns, long_cut_under_load].

init_per_testcase(_, Config) -> cluster:init([], Config).
end_per_testcase(_, Config) -> cluster:'end'(Config).

all_lost(Config, Names, Reason) -> lists:sort([{node_of(Config, Name), Reason} || Name <- Names]).

mesh(Config) ->
    start(Config, ?FIVE),
    connect(Config, ?FIVE),
    wait_mesh(Config, ?FIVE),
    %% the real ports, not the gates': what the nodes listen on
    Names = epmdpxy(Config, "names"),
    [begin
         Line = io_lib:format("name ~s at port ~w", [Name, listens_on(Config, Name)]),
         {true, Line} = {string:find(Names, Line) =/= nomatch, Line}
     end || Name <- ?FIVE].

listens_on(Config, Name) ->
    [Port | _] = [Port || Socket <- call(Config, Name, erlang, ports, []),
                          {ok, {_, Port}} <- [call(Config, Name, inet, sockname, [Socket])],
                          {error, enotconn} =:= call(Config, Name, inet, peername, [Socket])],
    Port.

two_islands(Config) ->
    {Left, Right} = lists:split(2, ?FIVE),
    start(Config, ?FIVE),
    connect(Config, ?FIVE),
    wait_mesh(Config, ?FIVE),
    epmdpxy(Config, "cut n1,n2 n3,n4,n5"),
    [wait(fun() -> sees(Config, Name) =:= lists:sort(Mine -- [Name]) end)
     || {Mine, _} <- [{Left, Right}, {Right, Left}], Name <- Mine],
    %% exactly the right pairs, for the right reason; islands stayed whole
    [begin
         Expected = all_lost(Config, Others, net_tick_timeout),
         Expected = lost(Config, Name)
     end || {Mine, Others} <- [{Left, Right}, {Right, Left}], Name <- Mine],
    epmdpxy(Config, "fix"),
    connect(Config, ?FIVE),
    wait_mesh(Config, ?FIVE),
    [{Name, 3} = {Name, length(lost(Config, Name))} || Name <- Left].

cut_before_connecting(Config) ->
    epmdpxy(Config, "cut a b"),
    start(Config, ["a", "b", "c"], ?ALONE ++ ?HASTY),
    pang = ping(Config, "a", "b"),
    pang = ping(Config, "b", "a"),
    pong = ping(Config, "a", "c"),
    pong = ping(Config, "b", "c"),
    wait(fun() -> length(cables(Config)) =:= 2 end), % what was held is gone with those who dialled
    epmdpxy(Config, "fix"),
    pong = ping(Config, "a", "b").

%% Only what a sends is held: b misses its ticks and hangs up, and a hears that.
one_way(Config) ->
    start(Config, ["a", "b", "c"], ?ALONE ++ ?HASTY),
    connect(Config, ["a", "b", "c"]),
    epmdpxy(Config, "cut --one-way a b"),
    ok = call(Config, "a", agent, send, [node_of(Config, "b"), 1, 10, 10]),
    ok = call(Config, "b", agent, send, [node_of(Config, "a"), 1, 10, 10]),
    wait(fun() -> length(call(Config, "a", agent, numbers, [node_of(Config, "b")])) =:= 10 end, 2000),
    [] = call(Config, "b", agent, numbers, [node_of(Config, "a")]),
    wait(fun() -> sees(Config, "b") =:= ["c"] andalso sees(Config, "a") =:= ["c"] end),
    [{_, net_tick_timeout}] = lost(Config, "b"),
    [{_, connection_closed}] = lost(Config, "a"),
    [begin
         pang = ping(Config, "a", "b"),
         pang = ping(Config, "b", "a")
     end || _ <- [1, 2]],
    wait(fun() -> length(cables(Config)) =:= 2 end),
    epmdpxy(Config, "fix"),
    pong = ping(Config, "b", "a"),
    wait_mesh(Config, ["a", "b", "c"]).

%% Nothing is lost and the order is kept when the split ends before anybody notices.
healed_in_time(Config) ->
    [A, B] = start(Config, ["a", "b"]),
    connect(Config, ["a", "b"]),
    Self = self(),
    Senders = [spawn_link(fun() -> Self ! {self(), call(Config, From, agent, send, [To, 1, 10000, 5])} end)
               || {From, To} <- [{"a", B}, {"b", A}]],
    wait(fun() -> length(call(Config, "b", agent, numbers, [A])) > 1000 end),
    epmdpxy(Config, "cut a b"),
    Count = fun() -> {length(call(Config, "b", agent, numbers, [A])), length(call(Config, "a", agent, numbers, [B]))} end,
    wait(fun() -> Before = Count(), timer:sleep(50), Before =:= Count() end), % what was on its way has come
    {There, Back} = Still = Count(),
    {true, _} = {There < 10000 andalso Back < 10000, "the split came too late"},
    timer:sleep(1500), % the length of the split, well below the ticktime
    Still = Count(),
    epmdpxy(Config, "fix"),
    [receive {Sender, ok} -> ok end || Sender <- Senders],
    All = lists:seq(1, 10000),
    wait(fun() -> length(call(Config, "b", agent, numbers, [A])) >= 10000 end),
    wait(fun() -> length(call(Config, "a", agent, numbers, [B])) >= 10000 end),
    All = call(Config, "b", agent, numbers, [A]),
    All = call(Config, "a", agent, numbers, [B]),
    [] = lost(Config, "a"),
    [] = lost(Config, "b").

%% A handshake that began during the split goes on at the fix, without a new attempt.
held_handshake(Config) ->
    start(Config, ["a", "b"]),
    epmdpxy(Config, "cut a b"),
    Self = self(),
    Pinger = spawn_link(fun() -> Self ! {self(), ping(Config, "a", "b"), erlang:monotonic_time(millisecond)} end),
    wait(fun() -> [State || #{"state" := State} <- cables(Config)] =:= ["held"] end),
    Fixed = erlang:monotonic_time(millisecond),
    epmdpxy(Config, "fix"),
    receive {Pinger, pong, Came} -> ct:pal("connected ~w ms after the fix was asked for", [Came - Fixed]) end,
    true = Came - Fixed < 2000,
    [#{"id" := 1}] = cables(Config).

three_islands_and_pairwise_fix(Config) ->
    start(Config, ["a", "b", "c", "d"], ?ALONE ++ ?HASTY),
    epmdpxy(Config, "cut a b c,d"),
    [pang = ping(Config, X, Y) || {X, Y} <- [{"a", "b"}, {"b", "c"}, {"d", "a"}]],
    pong = ping(Config, "c", "d"),
    epmdpxy(Config, "fix"),
    epmdpxy(Config, "cut a,b c,d"),
    epmdpxy(Config, "fix a c"),
    pong = ping(Config, "a", "c"),
    pong = ping(Config, "a", "b"),
    pang = ping(Config, "a", "d"),
    pang = ping(Config, "b", "c"),
    ["b", "c"] = sees(Config, "a").

patterns(Config) ->
    [A1 | _] = start(Config, ["a1", "a2", "b1"], ?ALONE ++ ?HASTY),
    [_, Host] = string:split(atom_to_list(A1), "@"),
    epmdpxy(Config, "cut 'a*' 'b[0-9]'"),
    pang = ping(Config, "a1", "b1"),
    pong = ping(Config, "a1", "a2"),
    epmdpxy(Config, "fix"),
    epmdpxy(Config, "cut 'a1@" ++ Host ++ "' 'b*@" ++ Host ++ "'"),
    pang = ping(Config, "b1", "a1"),
    pong = ping(Config, "b1", "a2"),
    epmdpxy(Config, "fix"),
    epmdpxy(Config, "cut 'a1@elsewhere' 'b1@elsewhere'"), % others
    pong = ping(Config, "b1", "a1").

%% Both sides have noticed, given up and redialled again and again when the split ends. What arrives afterwards is in
%% order, nothing comes twice, and one cable a pair remains.
long_cut_under_load(Config) ->
    Names = ["a", "b", "c"],
    Nodes = start(Config, Names, ?HASTY),
    connect(Config, Names),
    [ok = call(Config, Name, agent, load, [Nodes -- [node_of(Config, Name)], 5]) || Name <- Names],
    wait(fun() -> length(call(Config, "b", agent, numbers, [node_of(Config, "a")])) > 100 end),
    epmdpxy(Config, "cut a b,c"),
    wait(fun() -> sees(Config, "a") =:= [] andalso sees(Config, "b") =:= ["c"] end),
    Held = fun() -> lists:max([Id || #{"id" := Id} <- cables(Config)]) end,
    First = Held(),
    wait(fun() -> Held() > First + 3 end), % they try again and again
    {true, _} = {length(cables(Config)) =< 8, "what was given up piles up"},
    epmdpxy(Config, "fix"),
    wait(fun() -> sees(Config, "a") =:= ["b", "c"] end),
    Last = [{Name, call(Config, Name, agent, stop_load, [])} || Name <- Names],
    [begin
         wait(fun() -> lists:last(call(Config, To, agent, numbers, [node_of(Config, From)])) =:= N end),
         Got = call(Config, To, agent, numbers, [node_of(Config, From)]),
         Got = lists:usort(Got)
     end || {From, N} <- Last, To <- Names, To =/= From],
    wait_mesh(Config, Names).
