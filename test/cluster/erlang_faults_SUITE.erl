%% SPDX-License-Identifier: MIT
%% Faults of Erlang's own protocol, as the nodes see them: a node that is up and does not answer, ticks that do not come,
%% handshakes that stop half way, nodes that agree on less than they can.
-module(erlang_faults_SUITE).
-compile([export_all, nowarn_export_all]).

-import(cluster, [start/3, kill/2, suspend/2, call/5, node_of/2, connect/2, sees/2, wait/1, wait/2, later/1, now_ms/0, ping/3, timed_ping/3,
                  lost/2, noticed/4, send/4, got/3, send_blob/4, epmdpxy/2, fault/2, cables/1, states/1, lane/3, counter/2]).

-define(ALONE, ["-connect_all", "false"]).
-define(HASTY, ["-kernel", "net_setuptime", "3"]).
-define(DIALERS, ["d1", "d2", "d3", "d4", "d5"]).
-define(STAGES, ["name", "status", "challenge", "reply", "ack"]).
-define(FLAGS, ["published", "unicode_io", "dist_hdr_atom_cache", "send_sender", "big_seqtrace_labels", "exit_payload",
                "fragments", "unlink_id", "spawn", "alias"]).

suite() -> [{timetrap, {seconds, 90}}].

all() ->
    [frozen, frozen_behind_a_delay, frozen_in_a_big_frame, death_of_a_frozen_node, frozen_before_connecting, mute, handshake_held, handshake_closed, handshake_goes_on, downgrade,
     downgrade_in_a_handshake].

init_per_testcase(_, Config) -> cluster:init([], Config).
end_per_testcase(_, Config) -> cluster:'end'(Config).

%% ---- what the tests have in common ----

remove(Config, Id) -> epmdpxy(Config, io_lib:format("fault rm ~w", [Id])).

%% A number each way now and then, from now on.
chat(Config, Pairs) ->
    [ok = call(Config, Name, agent, load, [[node_of(Config, Other)], 20]) || {A, B} <- Pairs, {Name, Other} <- [{A, B}, {B, A}]],
    [wait(fun() -> got(Config, A, B) =/= [] andalso got(Config, B, A) =/= [] end) || {A, B} <- Pairs].

%% No more; returns when all of it has come, in order.
end_chat(Config, {A, B}) ->
    Last = [{From, To, call(Config, From, agent, stop_load, [])} || {From, To} <- [{A, B}, {B, A}]],
    [begin
         wait(fun() -> lists:last(got(Config, To, From)) =:= N end),
         {From, true} = {From, got(Config, To, From) =:= lists:seq(1, N)}
     end || {From, To, N} <- Last].

%% How much has come, when nothing comes any more.
settled(Config, To, From) -> settled(fun() -> length(got(Config, To, From)) end).

settled(Count) ->
    wait(fun() -> Before = Count(), timer:sleep(100), Before =:= Count() end),
    Count().

bytes(Config, From, To) -> maps:get("bytes", lane(Config, From, To)).

%% Stops a blob on its way, by a receiver that does not read. Returns a fun that waits for its sender, and tells what
%% send_blob() tells, and another one that lets the receiver go on.
half_a_blob(Config, From, To, Size) ->
    Resume = suspend(Config, To),
    Blob = later(fun() -> send_blob(Config, From, To, Size) end),
    wait(fun() -> bytes(Config, From, To) > 1024 * 1024 end),
    {true, _} = {settled(fun() -> bytes(Config, From, To) end) < Size, "more than fits in between"},
    {Blob, Resume}.

sleep_until(Time) -> timer:sleep(max(0, Time - now_ms())).

%% ---- freeze ----

freeze_all(Config, Whom) ->
    Rules = lists:join(", ", ["{\"fault\": \"freeze\", " ++ One ++ "}" || One <- Whom]),
    cluster:http(Config, "POST", "/v1/rules", ["{\"rules\": [", Rules, "]}"]).

%% For three times the ticktime nothing comes of a frozen node, and nobody takes it for dead; then all comes in order.
%% a and b hear nothing of each other, d nothing of c, and f has half of a blob of e's.
frozen(Config) ->
    Names = ["a", "b", "c", "d", "e", "f"],
    start(Config, Names, ?ALONE),
    [connect(Config, Pair) || Pair <- [["a", "b"], ["c", "d"], ["e", "f"]]],
    chat(Config, [{"a", "b"}, {"c", "d"}]),
    {Blob, Go} = half_a_blob(Config, "e", "f", 60 * 1024 * 1024),
    Began = now_ms(),
    freeze_all(Config, ["\"between\": [[\"e\"], [\"f\"]]", "\"between\": [[\"a\"], [\"b\"]]", "\"from\": [\"c\"], \"to\": [\"d\"]"]),
    Go(), % f has been deaf and dumb for less than the ticktime
    Frozen = [{Pair, settled(Config, To, From)} || {From, To} = Pair <- [{"a", "b"}, {"b", "a"}, {"c", "d"}]],
    Moved = settled(fun() -> bytes(Config, "e", "f") end),
    {true, _} = {Moved < 60 * 1024 * 1024, Moved},
    Heard = length(got(Config, "c", "d")),
    sleep_until(Began + 12000),
    [{Pair, Count} = {Pair, length(got(Config, To, From))} || {{From, To} = Pair, Count} <- Frozen],
    Moved = bytes(Config, "e", "f"),
    {true, _} = {length(got(Config, "c", "d")) - Heard > 200, "c heard d all the time"},
    {true, _} = {counter(Config, "ticks_made") > 4 * 40, counter(Config, "ticks_made")}, % 4 lanes, at least
    epmdpxy(Config, "fault clear"),
    [end_chat(Config, Pair) || Pair <- [{"a", "b"}, {"c", "d"}]],
    wait(Blob()),
    [[] = lost(Config, Name) || Name <- Names].

%% What is on its way already, behind a delay, is kept back as well; half of a frame goes on to its end.
frozen_behind_a_delay(Config) ->
    start(Config, ["a", "b"], ?ALONE),
    connect(Config, ["a", "b"]),
    Delay = fault(Config, "latency --from a --to b delay=1s"),
    ok = send(Config, "a", "b", {1, 100}),
    Sum = later(fun() -> send_blob(Config, "a", "b", 3000000) end),
    Id = fault(Config, "freeze --from a --to b"),
    timer:sleep(2000), % twice the delay
    [] = got(Config, "b", "a"),
    remove(Config, Id),
    Has = Sum(),
    wait(fun() -> got(Config, "b", "a") =:= lists:seq(1, 100) andalso Has() end),
    %% while a blob is leaving, piece by piece
    fault(Config, "bandwidth --from a --to b rate=16mbit"),
    remove(Config, Delay),
    Slow = later(fun() -> send_blob(Config, "a", "b", 2000000) end),
    timer:sleep(300), % of the second that it takes
    Again = fault(Config, "freeze --from a --to b"),
    ok = send(Config, "a", "b", {101, 200}),
    timer:sleep(5500), % longer than the ticktime: ticks of ours keep b content
    {true, _} = {length(got(Config, "b", "a")) =:= 100, "nothing came"},
    remove(Config, Again),
    wait(fun() -> got(Config, "b", "a") =:= lists:seq(1, 200) end),
    wait(Slow()),
    [[] = lost(Config, Name) || Name <- ["a", "b"]].

%% Without fragments a blob is one frame: that goes through to its end, and what is behind it waits.
frozen_in_a_big_frame(Config) ->
    start(Config, ["a", "b"], ?ALONE),
    fault(Config, "downgrade --between a b clear=fragments"),
    connect(Config, ["a", "b"]),
    {Blob, Go} = half_a_blob(Config, "a", "b", 40 * 1024 * 1024),
    Id = fault(Config, "freeze --between a b"),
    Go(),
    ok = send(Config, "a", "b", {1, 100}),
    wait(Blob()),
    timer:sleep(1000), % the length of the fault
    [] = got(Config, "b", "a"),
    remove(Config, Id),
    wait(fun() -> got(Config, "b", "a") =:= lists:seq(1, 100) end),
    [[] = lost(Config, Name) || Name <- ["a", "b"]].

%% A frozen node may die: others take it for alive as long as that lasts, although what they send to it gets nowhere.
death_of_a_frozen_node(Config) ->
    start(Config, ["a", "b", "c", "d"], ?ALONE),
    [pong = ping(Config, Dialer, Other) || {Dialer, Other} <- [{"a", "b"}, {"d", "c"}]],
    [fault(Config, "freeze " ++ Where) || Where <- ["--between a b", "--from c --to d"]],
    [ok = call(Config, Name, agent, load, [[node_of(Config, Other)], 20]) || {Name, Other} <- [{"b", "a"}, {"d", "c"}]],
    [kill(Config, Name) || Name <- ["a", "c"]],
    timer:sleep(6000), % longer than their ticktime
    [[] = lost(Config, Name) || Name <- ["b", "d"]],
    epmdpxy(Config, "fault clear"),
    wait(fun() -> [[Why || {_, Why} <- lost(Config, Name)] || Name <- ["b", "d"]] =:= [[connection_closed], [connection_closed]] end,
         2000).

%% Nothing of its handshake comes through either, from whichever side; it goes on when the fault is gone.
frozen_before_connecting(Config) ->
    start(Config, ["a", "b", "c"], ?ALONE ++ ?HASTY),
    Id = fault(Config, "freeze --from a --to '*'"),
    [begin
         {pang, Ms} = timed_ping(Config, From, To),
         {true, _} = {Ms >= 2900 andalso Ms < 5500, Ms}
     end || {From, To} <- [{"a", "b"}, {"b", "a"}]],
    pong = ping(Config, "b", "c"),
    Dialled = later(fun() -> timed_ping(Config, "a", "b") end),
    wait(fun() -> lists:sort(states(Config)) =:= ["held", "up"] end),
    remove(Config, Id),
    {pong, _} = Dialled(),
    ["a", "c"] = sees(Config, "b").

%% ---- mute ----

%% Who is idle is taken for dead. c by d, who hangs up, and c hears that; of a and b, who do not hear each other, by
%% whoever looks first. e and f talk, and g and h are idle, but not for long enough.
mute(Config) ->
    Names = ["a", "b", "c", "d", "e", "f", "g", "h"],
    start(Config, Names, ?ALONE),
    [connect(Config, Pair) || Pair <- [["a", "b"], ["c", "d"], ["e", "f"], ["g", "h"]]],
    chat(Config, [{"e", "f"}]),
    Began = now_ms(),
    [fault(Config, "mute " ++ Where) || Where <- ["--between a b", "--from c --to d", "--between e f",
                                                  "--between g h --for 1500ms"]],
    Noticed = [noticed(Config, Name, Other, Began) || {Name, Other} <- [{"a", "b"}, {"b", "a"}, {"c", "d"}, {"d", "c"}]],
    [{true, _} = {Ms >= 2000 andalso Ms < 7000, Ms} || {_, Ms} <- Noticed],
    [A, B, connection_closed, net_tick_timeout] = [Reason || {Reason, _} <- Noticed],
    {true, _} = {lists:member(net_tick_timeout, [A, B]), {A, B}},
    sleep_until(Began + 8000),
    [[] = lost(Config, Name) || Name <- ["e", "f", "g", "h"]],
    true = counter(Config, "ticks_muted") > 0,
    end_chat(Config, {"e", "f"}),
    [pong = ping(Config, "a", "b"), pong = ping(Config, "c", "d")]. % frames pass

%% ---- handshakes that stop ----

%% One dialer a stage, each with a rule of its own. Returns what the pings say, and how long they took.
dial_all(Config, Action) ->
    start(Config, ["b" | ?DIALERS], ?ALONE ++ ?HASTY),
    [fault(Config, "handshake --between " ++ Dialer ++ " b action=" ++ Action ++ " stage=" ++ Stage)
     || {Dialer, Stage} <- lists:zip(?DIALERS, ?STAGES)],
    [later(fun() -> timed_ping(Config, Dialer, "b") end) || Dialer <- ?DIALERS].

%% The acceptor learns of the connection before its last message, the ack, has come through; nobody else ever does.
half_open(Config) ->
    Last = node_of(Config, lists:last(?DIALERS)),
    wait(fun() -> [Node || {Node, _} <- lost(Config, "b")] =:= [Last] end),
    [Last] = call(Config, "b", agent, ups, []),
    %% the last one's ping has failed as well; but b, who had it for up, may dial it (global does), and then it is the
    %% acceptor, half open for a moment
    [{Dialer, []} = {Dialer, call(Config, Dialer, agent, ups, [])} || Dialer <- lists:droplast(?DIALERS)],
    lost(Config, "b").

handshake_held(Config) ->
    [begin
         {pang, Ms} = Wait(),
         {true, _} = {Ms >= 2900 andalso Ms < 5500, Ms}
     end || Wait <- dial_all(Config, "hold")],
    ct:pal("~p", [half_open(Config)]),
    wait(fun() -> cables(Config) =:= [] end),
    %% only connections that it has dialled itself
    epmdpxy(Config, "fault clear"),
    fault(Config, "handshake --from d1 --to b --dialled-by from stage=name action=close"),
    pang = ping(Config, "d1", "b"),
    pong = ping(Config, "b", "d1").

handshake_closed(Config) ->
    [begin
         {pang, Ms} = Wait(),
         {true, _} = {Ms < 1500, {Stage, Ms}}
     end || {Stage, Wait} <- lists:zip(?STAGES, dial_all(Config, "close"))],
    [{_, connection_closed}] = half_open(Config),
    epmdpxy(Config, "fault clear"),
    [pong = ping(Config, Dialer, "b") || Dialer <- ?DIALERS].

%% Whatever message was held, it goes on from there.
handshake_goes_on(Config) ->
    Dialled = dial_all(Config, "hold"),
    wait(fun() -> lists:sort(states(Config)) =:= ["held", "shaking", "shaking", "shaking", "shaking"] end),
    epmdpxy(Config, "fault clear"),
    [{pong, _} = Wait() || Wait <- Dialled],
    ?DIALERS = sees(Config, "b"),
    ["up", "up", "up", "up", "up"] = states(Config),
    [] = lost(Config, "b").

%% ---- downgrade ----

%% Without each of the flags, and several: they connect, and what they send comes whole and in order.
downgrade(Config) ->
    start(Config, ["a", "b"], ?ALONE),
    Sets = [[Flag] || Flag <- ?FLAGS] ++ [["dist_hdr_atom_cache", "fragments"], ["spawn", "alias"],
                                          ["unlink_id", "exit_payload", "published"], ?FLAGS, []],
    lists:foldl(fun(Flags, First) ->
        [fault(Config, "downgrade --between a b clear=" ++ lists:flatten(lists:join(",", Flags))) || Flags =/= []],
        talk(Config, Flags, First),
        call(Config, "b", erlang, disconnect_node, [node_of(Config, "a")]),
        wait(fun() -> cables(Config) =:= [] andalso sees(Config, "a") =:= [] end),
        epmdpxy(Config, "fault clear"),
        First + 10
    end, 1, Sets).

talk(Config, Flags, First) ->
    Both = [{"a", "b"}, {"b", "a"}],
    pong = ping(Config, "a", "b"),
    [{_, true} = {Flags, hidden(Config, Name) =:= [node_of(Config, Other) || lists:member("published", Flags)]}
     || {Name, Other} <- Both],
    [begin
         ok = send(Config, From, To, {First, First + 9}),
         wait(fun() -> got(Config, To, From) =:= lists:seq(1, First + 9) end),
         wait(send_blob(Config, From, To, 500000)),
         Answer = rpc(Config, Flags, To),
         {Flags, Answer} = {Flags, call(Config, From, rpc, call, [node_of(Config, To), erlang, node, []])}
     end || {From, To} <- Both].

hidden(Config, Name) -> call(Config, Name, erlang, nodes, [hidden]).

%% rpc is erpc from OTP 23 on, and that spawns.
rpc(Config, Flags, To) ->
    case lists:member("spawn", Flags) of
        true -> {badrpc, notsup};
        false -> node_of(Config, To)
    end.

%% Flags that only one node leaves out crash real nodes: a rule that comes or goes when one of the two messages has
%% passed is for the next handshake.
downgrade_in_a_handshake(Config) ->
    start(Config, ["a", "b"], ?ALONE),
    Downgrade = "downgrade --between a b clear=published,dist_hdr_atom_cache,fragments",
    Dial = fun(Stage) ->
        Hold = fault(Config, "handshake --between a b stage=" ++ Stage),
        Dialled = later(fun() -> ping(Config, "a", "b") end),
        wait(fun() -> states(Config) =:= ["shaking"] end),
        {Hold, Dialled}
    end,
    Last = lists:foldl(fun(Stage, First) ->
        {Hold, Dialled} = Dial(Stage),
        Id = fault(Config, Downgrade),
        remove(Config, Hold),
        pong = Dialled(),
        talk(Config, [], First),
        part(Config),
        {HoldAgain, DialledAgain} = Dial(Stage),
        remove(Config, Id),
        remove(Config, HoldAgain),
        pong = DialledAgain(),
        talk(Config, ["published"], First + 10),
        part(Config),
        First + 20
    end, 1, ["status", "challenge"]),
    %% nor is it for a connection that lives
    pong = ping(Config, "a", "b"),
    fault(Config, Downgrade),
    talk(Config, [], Last).

part(Config) ->
    true = call(Config, "a", erlang, disconnect_node, [node_of(Config, "b")]),
    wait(fun() -> cables(Config) =:= [] andalso sees(Config, "b") =:= [] end).
