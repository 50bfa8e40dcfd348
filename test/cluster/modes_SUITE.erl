%% SPDX-License-Identifier: MIT
%% The modes of a partition, as the nodes see them: to a living connection, before connecting, in a handshake, and when
%% they are removed. Nodes have a net_ticktime of 4 s, so they notice silence after 3 to 5 s.
-module(modes_SUITE).
-compile([export_all, nowarn_export_all]).

-import(cluster, [start/3, start_one/3, kill/2, call/5, node_of/2, connect/2, sees/2, wait/1, wait/2, wait_mesh/2, later/1,
                  now_ms/0, ping/3, timed_ping/3, lost/2, noticed/4, send/4, got/3, epmdpxy/2, fault/2, cables/1, states/1]).

-define(ALONE, ["-connect_all", "false"]).
-define(HASTY, ["-kernel", "net_setuptime", "2"]).

suite() -> [{timetrap, {seconds, 90}}].

all() ->
    [silent_modes, loud_modes, severed, refused, before_connecting, changed_in_a_handshake, dropped_in_a_handshake,
     in_the_middle_of_a_handshake, fixed_in_time, one_way_drop, death_behind_a_one_way_cut, overlapping].

init_per_testcase(_, Config) -> cluster:init([], Config).
end_per_testcase(_, Config) -> cluster:'end'(Config).

%% ---- what the tests have in common ----

%% Silence is noticed by the nodes' own ticks, within their window; the machine may be late.
silence_noticed(Config, Name, Other, Since) ->
    {Reason, Ms} = noticed(Config, Name, Other, Since),
    {net_tick_timeout, true, Ms} = {Reason, Ms >= 3000 andalso Ms =< 6500, Ms}.

close_noticed(Config, Name, Other, Since) ->
    {Reason, Ms} = noticed(Config, Name, Other, Since),
    {connection_closed, true, Ms} = {Reason, Ms < 1000, Ms}.

%% Who dials hears nothing until its own timer (net_setuptime) has run out.
hangs(Config, From, To, SetupTime) ->
    {Answer, Ms} = timed_ping(Config, From, To),
    {pang, true, Ms} = {Answer, Ms >= SetupTime - 100 andalso Ms < SetupTime + 2500, Ms}.

fails_fast(Config, From, To) ->
    {Answer, Ms} = timed_ping(Config, From, To),
    {pang, true, Ms} = {Answer, Ms < 1500, Ms}.

both(Check, A, B) -> [Check(A, B), Check(B, A)].

all_of(Waits) -> [Wait() || Wait <- Waits].

%% A number each way now and then, from now on.
chat(Config, Pairs) ->
    [ok = call(Config, Name, agent, load, [[node_of(Config, Other)], 20]) || {A, B} <- Pairs, {Name, Other} <- [{A, B}, {B, A}]],
    [wait(fun() -> got(Config, A, B) =/= [] andalso got(Config, B, A) =/= [] end) || {A, B} <- Pairs].

%% ---- to a living connection ----

%% Nobody is told that a link is cut: both sides notice by their ticks. Everybody else stays connected.
silent_modes(Config) ->
    start(Config, ["a", "b", "c", "d", "e"], ?ALONE ++ ?HASTY),
    connect(Config, ["a", "b", "e"]),
    connect(Config, ["c", "d", "e"]),
    chat(Config, [{"a", "b"}, {"c", "d"}]),
    Began = now_ms(),
    epmdpxy(Config, "cut a b"),
    epmdpxy(Config, "cut --mode drop c d"),
    [both(fun(Name, Other) -> silence_noticed(Config, Name, Other, Began) end, A, B) || {A, B} <- [{"a", "b"}, {"c", "d"}]],
    wait(fun() -> [sees(Config, Name) || Name <- ["a", "b", "c", "d"]] =:= [["e"], ["e"], ["e"], ["e"]] end),
    [] = lost(Config, "e"),
    epmdpxy(Config, "fix"),
    [wait(fun() -> ping(Config, A, B) =:= pong end) || {A, B} <- [{"a", "b"}, {"c", "d"}]],
    ["a", "b", "c", "d"] = sees(Config, "e"),
    %% what comes over the new connections comes once, and in order
    [call(Config, Name, agent, stop_load, []) || Name <- ["a", "b", "c", "d"]],
    [begin
         Got = got(Config, A, B),
         Got = lists:usort(Got)
     end || {A, B} <- [{"a", "b"}, {"b", "a"}, {"c", "d"}, {"d", "c"}]].

%% Both sides are told at once, and again whenever they dial.
loud_modes(Config) ->
    start(Config, ["a", "b", "c"], ?ALONE),
    [begin
         connect(Config, ["a", "b", "c"]),
         Began = now_ms(),
         epmdpxy(Config, "cut --mode " ++ Mode ++ " a b"),
         both(fun(Name, Other) -> close_noticed(Config, Name, Other, Began) end, "a", "b"),
         both(fun(From, To) -> fails_fast(Config, From, To) end, "a", "b"),
         ["a", "b"] = sees(Config, "c"),
         epmdpxy(Config, "fix"),
         pong = ping(Config, "b", "a"),
         wait_mesh(Config, ["a", "b", "c"])
     end || Mode <- ["close", "reset"]],
    [] = lost(Config, "c").

%% Both sides are told at once, and dial into silence until the fix: then a dial that waits goes on.
severed(Config) ->
    start(Config, ["a", "b", "c", "d"], ?ALONE ++ ?HASTY),
    connect(Config, ["a", "b", "c", "d"]),
    Began = now_ms(),
    epmdpxy(Config, "cut --mode sever a b,c"),
    [both(fun(Name, Other) -> close_noticed(Config, Name, Other, Began) end, "a", Far) || Far <- ["b", "c"]],
    ["b", "c"] = sees(Config, "d") -- ["a"],
    all_of([later(fun() -> hangs(Config, "a", "b", 2000) end), later(fun() -> hangs(Config, "c", "a", 2000) end)]),
    Dial = later(fun() -> ping(Config, "a", "b") end),
    wait(fun() -> lists:member("held", states(Config)) end),
    epmdpxy(Config, "fix"),
    pong = Dial(),
    connect(Config, ["a", "b", "c", "d"]),
    wait_mesh(Config, ["a", "b", "c", "d"]),
    [] = lost(Config, "d"),
    %% one way: whoever is severed loses the connection, and a handshake needs both ways
    epmdpxy(Config, "cut --mode sever --one-way a b"),
    wait(fun() -> sees(Config, "a") =:= ["c", "d"] andalso sees(Config, "b") =:= ["c", "d"] end, 1000),
    all_of([later(fun() -> hangs(Config, From, To, 2000) end) || {From, To} <- [{"a", "b"}, {"b", "a"}]]).

%% What lives goes on; what is new fails at once.
refused(Config) ->
    start(Config, ["a", "b", "c"], ?ALONE),
    connect(Config, ["a", "b", "c"]),
    epmdpxy(Config, "cut --mode refuse a b"),
    [ok = send(Config, From, To, {1, 1000}) || {From, To} <- [{"a", "b"}, {"b", "a"}]],
    [wait(fun() -> got(Config, To, From) =:= lists:seq(1, 1000) end) || {From, To} <- [{"a", "b"}, {"b", "a"}]],
    [[] = lost(Config, Name) || Name <- ["a", "b", "c"]],
    true = call(Config, "a", erlang, disconnect_node, [node_of(Config, "b")]),
    wait(fun() -> sees(Config, "b") =:= ["c"] end),
    both(fun(From, To) -> fails_fast(Config, From, To) end, "a", "b"),
    pong = ping(Config, "a", "c"),
    epmdpxy(Config, "fix"),
    pong = ping(Config, "a", "b").

%% ---- before connecting ----

%% The first one has OTP's own timer of 7 s, the others a shorter one.
before_connecting(Config) ->
    start_one(Config, "seven", ?ALONE),
    start(Config, ["a", "b", "c", "d", "r", "x", "peer", "other"], ?ALONE ++ ?HASTY),
    epmdpxy(Config, "cut --mode hold seven,a peer"),
    epmdpxy(Config, "cut --mode drop b peer"),
    epmdpxy(Config, "cut --mode close c peer"),
    epmdpxy(Config, "cut --mode reset r peer"),
    epmdpxy(Config, "cut --mode refuse x peer"),
    all_of([later(fun() -> hangs(Config, "seven", "peer", 7000) end)
            | [later(fun() -> hangs(Config, Name, "peer", 2000) end) || Name <- ["a", "b"]]]
           ++ [later(fun() -> fails_fast(Config, Name, "peer") end) || Name <- ["c", "r", "x"]]
           ++ [later(fun() -> pong = ping(Config, Name, "other") end) || Name <- ["seven", "a", "b", "c", "r", "x"]]
           ++ [later(fun() -> pong = ping(Config, "d", "peer") end)]),
    %% and from the other side
    all_of([later(fun() -> hangs(Config, "peer", Name, 2000) end) || Name <- ["seven", "a", "b"]]
           ++ [later(fun() -> fails_fast(Config, "peer", Name) end) || Name <- ["c", "r", "x"]]),
    ["d"] = sees(Config, "peer"),
    epmdpxy(Config, "fix"),
    [pong = ping(Config, Name, "peer") || Name <- ["seven", "a", "b", "c", "r", "x"]].

%% ---- in a handshake ----

%% Dials, and waits until the handshake has come so far.
dial(Config, From, To, State) ->
    Dialled = later(fun() -> timed_ping(Config, From, To) end),
    wait(fun() -> lists:member(State, states(Config)) end),
    Dialled.

%% The handshake is held; a newer mode ends it at once. With OTP's timer of 7 s nothing else would.
changed_in_a_handshake(Config) ->
    start(Config, ["a", "b"], ?ALONE),
    [begin
         epmdpxy(Config, "cut a b"),
         Dialled = dial(Config, "a", "b", "held"),
         epmdpxy(Config, "cut --mode " ++ Mode ++ " a b"),
         {pang, Ms} = Dialled(),
         {true, _} = {Ms < 3500, Ms},
         [] = states(Config),
         fails_fast(Config, "b", "a"),
         epmdpxy(Config, "fix"),
         pong = ping(Config, "b", "a"),
         true = call(Config, "b", erlang, disconnect_node, [node_of(Config, "a")]),
         wait(fun() -> states(Config) =:= [] end)
     end || Mode <- ["close", "reset", "refuse"]].

%% A dropped handshake never goes on: it is reset at the fix, so that the next one need not wait for it.
dropped_in_a_handshake(Config) ->
    start(Config, ["a", "b"], ?ALONE),
    [begin
         epmdpxy(Config, "cut --mode " ++ First ++ " a b"),
         Dialled = dial(Config, "a", "b", "held"),
         epmdpxy(Config, "cut --mode drop a b"),
         epmdpxy(Config, "fix"),
         {pang, Ms} = Dialled(),
         {true, _} = {Ms < 3500, Ms}
     end || First <- ["drop", "hold"]],
    pong = ping(Config, "a", "b").

%% The name has passed, the answer has not, when more rules come.
in_the_middle_of_a_handshake(Config) ->
    start(Config, ["a", "b"], ?ALONE),
    [begin
         epmdpxy(Config, "cut --one-way b a"),
         Dialled = dial(Config, "a", "b", "shaking"),
         epmdpxy(Config, "cut --mode " ++ Mode ++ " a b"),
         {pang, Ms} = Dialled(),
         {true, _} = {Ms < 3500, Ms},
         wait(fun() -> states(Config) =:= [] end),
         epmdpxy(Config, "fix")
     end || Mode <- ["close", "reset", "refuse"]],
    epmdpxy(Config, "cut --one-way b a"),
    Dialled = dial(Config, "a", "b", "shaking"),
    fault(Config, "latency --from a --to b delay=300ms"),
    epmdpxy(Config, "fix"),
    Fixed = now_ms(),
    {pong, _} = Dialled(), % the digest and the ping itself go from a to b
    {true, _} = {now_ms() - Fixed >= 500, now_ms() - Fixed},
    [#{"state" := "up"}] = cables(Config),
    [] = lost(Config, "a").

%% ---- removed again ----

%% Before anybody has noticed: what was held goes on in order, what was thrown away never does.
fixed_in_time(Config) ->
    start(Config, ["a", "b", "c", "d"], ?ALONE),
    connect(Config, ["a", "b"]),
    connect(Config, ["c", "d"]),
    Pairs = [{"a", "b"}, {"b", "a"}, {"c", "d"}, {"d", "c"}],
    Send = fun(Range) -> [ok = send(Config, From, To, Range) || {From, To} <- Pairs] end,
    Send({1, 100}),
    [wait(fun() -> length(got(Config, To, From)) =:= 100 end) || {From, To} <- Pairs],
    epmdpxy(Config, "cut --mode hold a b"),
    epmdpxy(Config, "cut --mode drop c d"),
    Send({101, 200}),
    timer:sleep(500), % the length of the split
    [100 = length(got(Config, To, From)) || {From, To} <- Pairs],
    Fixed = now_ms(),
    epmdpxy(Config, "fix"),
    both(fun(Name, Other) -> close_noticed(Config, Name, Other, Fixed) end, "c", "d"),
    wait(fun() -> ping(Config, "c", "d") =:= pong end),
    Send({201, 300}),
    [wait(fun() -> lists:last(got(Config, To, From)) =:= 300 end) || {From, To} <- Pairs],
    Whole = lists:seq(1, 300),
    Gap = lists:seq(1, 100) ++ lists:seq(201, 300),
    [Whole, Whole, Gap, Gap] = [got(Config, To, From) || {From, To} <- Pairs],
    [[] = lost(Config, Name) || Name <- ["a", "b"]].

%% ---- one way ----

%% b does not hear a any more, gives up, and a hears of that. The other way all goes on until then.
one_way_drop(Config) ->
    start(Config, ["a", "b"], ?ALONE ++ ?HASTY),
    connect(Config, ["a", "b"]),
    chat(Config, [{"a", "b"}]),
    Before = length(got(Config, "a", "b")),
    Began = now_ms(),
    epmdpxy(Config, "cut --mode drop --one-way a b"),
    silence_noticed(Config, "b", "a", Began),
    {connection_closed, Ms} = noticed(Config, "a", "b", Began),
    {true, _} = {Ms >= 3000 andalso Ms < 7000, Ms},
    {true, _} = {length(got(Config, "a", "b")) - Before > 30, "b was heard all the time"},
    hangs(Config, "a", "b", 2000),
    epmdpxy(Config, "fix"),
    wait(fun() -> ping(Config, "a", "b") =:= pong end),
    [call(Config, Name, agent, stop_load, []) || Name <- ["a", "b"]],
    Got = got(Config, "b", "a"),
    Got = lists:usort(Got).

%% Who is cut from the others may die: they must not learn it before their own ticks tell, whoever has dialled. The other
%% way they do.
death_behind_a_one_way_cut(Config) ->
    Cut = [{"a", "b", "hold"}, {"c", "d", "hold"}, {"e", "f", "drop"}, {"g", "h", "drop"}, {"y", "x", "hold"}],
    Names = lists:append([[From, To] || {From, To, _} <- Cut]),
    start(Config, Names, ?ALONE ++ ?HASTY),
    [pong = ping(Config, Dialer, Other) || {Dialer, Other} <- [{"a", "b"}, {"d", "c"}, {"e", "f"}, {"h", "g"}, {"x", "y"}]],
    Victims = [{Name, node_of(Config, Name)} || Name <- ["a", "c", "e", "g", "x"]],
    First = now_ms(),
    [epmdpxy(Config, lists:append(["cut --one-way --mode ", Mode, " ", From, " ", To])) || {From, To, Mode} <- Cut],
    Began = now_ms(),
    [kill(Config, Name) || {Name, _} <- Victims],
    Fell = fun(Name) -> call(Config, Name, agent, fell, []) end,
    Left = Names -- [Name || {Name, _} <- Victims],
    wait(fun() -> lists:all(fun(Name) -> length(Fell(Name)) =:= 1 end, Left) end),
    Bounds = fun("x") -> {connection_closed, 0, 1500}; (_) -> {net_tick_timeout, 2000, 6500} end,
    [begin
         {Reason, Least, Most} = Bounds(Victim),
         [{Node, Reason, At}] = Fell(Name),
         {true, _} = {At - First >= Least andalso At - Began =< Most, {Name, At - First, At - Began}}
     end || {{Victim, Node}, Name} <- lists:zip(Victims, Left)].

%% ---- what OTP makes of a partial cut ----

%% With prevent_overlapping_partitions, the default from OTP 25 on, a cut between two nodes does not leave a third with both:
%% `global` disconnects more. Who is left with whom depends on who is first. Each mode has nodes of its own: what `global`
%% remembers of a split that it has just torn open would have a say in the next.
overlapping(Config) ->
    Trios = [{"close", ["a", "b", "c"]}, {"hold", ["x", "y", "z"]}],
    start(Config, lists:append([Trio || {_, Trio} <- Trios]), ["-kernel", "prevent_overlapping_partitions", "true"]),
    [connect(Config, Trio) || {_, Trio} <- Trios],
    [ok = call(Config, Name, global, sync, []) || {_, Trio} <- Trios, Name <- Trio],
    [[One, Two] = sees(Config, Third) || {_, [One, Two, Third]} <- Trios],
    [ct:pal("~s", [epmdpxy(Config, lists:flatten(["cut --mode ", Mode, " ", One, " ", Two]))]) || {Mode, [One, Two, _]} <- Trios],
    [begin
         Sight = fun() -> [{Name, sees(Config, Name)} || Name <- Trio] end,
         try wait(fun() -> sees(Config, Third) =/= [One, Two] end)
         catch error:_ -> error({Mode, Sight(), epmdpxy(Config, "status")})
         end,
         ct:pal("~s: ~p", [Mode, Sight()])
     end || {Mode, [One, Two, Third] = Trio} <- Trios].
