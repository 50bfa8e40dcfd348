%% SPDX-License-Identifier: MIT
%% Faults that shape, as the nodes see them: how long messages take, in which order they come, that all of them come.
%% What a fault adds is exact from below; from above the machine may be late.
-module(shaping_SUITE).
-compile([export_all, nowarn_export_all]).

-import(cluster, [start/2, start/3, kill/2, call/5, node_of/2, connect/2, sees/2, wait/1, wait/2, wait_mesh/2, later/1,
                  now_ms/0, ping/3, timed_ping/3, lost/2, noticed/4, send/4, got/3, send_blob/4, epmdpxy/2, fault/2,
                  cables/1]).

-define(ALONE, ["-connect_all", "false"]).
-define(SLACK, 250). % milliseconds that a busy machine may add

suite() -> [{timetrap, {seconds, 90}}].

all() ->
    [latency, latency_one_way, latency_before_connecting, jitter, matrix, bandwidth, slow_close, last_words, nobody_left, limit_data, slicer,
     changed_under_load, lane_full].

init_per_testcase(lane_full, Config) -> cluster:init(["--lane-bytes", "64KiB"], Config);
init_per_testcase(_, Config) -> cluster:init([], Config).
end_per_testcase(_, Config) -> cluster:'end'(Config).

%% ---- what the tests have in common ----

%% Milliseconds there and back: {shortest, median}.
rtt(Config, From, To) ->
    Times = lists:sort(call(Config, From, agent, rtts, [node_of(Config, To), 5])),
    {hd(Times) / 1000, lists:nth(3, Times) / 1000}.

takes(Config, From, To, Ms) ->
    {Shortest, Median} = rtt(Config, From, To),
    {true, _, _} = {Shortest >= Ms andalso Median < Ms + ?SLACK, {From, To, Ms}, {Shortest, Median}}.

remove(Config, Id) -> epmdpxy(Config, io_lib:format("fault rm ~w", [Id])).

%% Sends from each to the other at the same time; returns a fun that waits until all has come, in order.
traffic(Config, Pairs, {First, Last, Every}) ->
    Sent = [{Pair, later(fun() -> send(Config, From, To, {First, Last, Every}) end)} || {From, To} = Pair <- Pairs],
    fun() ->
        [begin
             ok = Wait(),
             wait(fun() -> Got = got(Config, To, From), Got =/= [] andalso lists:last(Got) =:= Last end),
             {Pair, true} = {Pair, got(Config, To, From) =:= lists:seq(1, Last)}
         end || {{From, To} = Pair, Wait} <- Sent]
    end.

%% How many milliseconds until it has come.
blob_takes(Config, From, To, Bytes) ->
    Began = now_ms(),
    Has = send_blob(Config, From, To, Bytes),
    wait(Has),
    now_ms() - Began.

%% ---- latency ----

latency(Config) ->
    start(Config, ["a", "b", "c"], ?ALONE),
    connect(Config, ["a", "b", "c"]),
    takes(Config, "a", "b", 0),
    First = fault(Config, "latency --between a b delay=100ms"),
    takes(Config, "a", "b", 200),
    takes(Config, "b", "a", 200),
    takes(Config, "a", "c", 0),
    takes(Config, "c", "b", 0),
    Second = fault(Config, "latency --between b a delay=50ms"), % delays add up
    takes(Config, "a", "b", 300),
    remove(Config, First),
    takes(Config, "b", "a", 100),
    remove(Config, Second),
    takes(Config, "a", "b", 0),
    %% removing a delay releases at once what it still keeps
    Long = fault(Config, "latency --from a --to b delay=1h"),
    ok = send(Config, "a", "b", {1, 100}),
    [] = got(Config, "b", "a"),
    remove(Config, Long),
    wait(fun() -> got(Config, "b", "a") =:= lists:seq(1, 100) end, 2000),
    [[] = lost(Config, Name) || Name <- ["a", "b", "c"]].

%% One direction only; and only of connections that one side has dialled.
latency_one_way(Config) ->
    start(Config, ["a", "b"], ?ALONE),
    connect(Config, ["a", "b"]),
    Id = fault(Config, "latency --from a --to b delay=300ms"),
    takes(Config, "a", "b", 300),
    takes(Config, "b", "a", 300),
    Began = now_ms(),
    ok = send(Config, "b", "a", {1, 10}),
    wait(fun() -> length(got(Config, "a", "b")) =:= 10 end),
    {true, _} = {now_ms() - Began < 300, now_ms() - Began},
    remove(Config, Id),
    fault(Config, "latency --from a --to b --dialled-by to delay=300ms"),
    takes(Config, "a", "b", 0),
    true = call(Config, "a", erlang, disconnect_node, [node_of(Config, "b")]),
    wait(fun() -> cables(Config) =:= [] end),
    pong = ping(Config, "b", "a"),
    takes(Config, "a", "b", 300).

%% The five messages of a handshake change direction four times, and the ping's own go there and back.
latency_before_connecting(Config) ->
    start(Config, ["a", "b"], ?ALONE),
    fault(Config, "latency --between a b delay=100ms"),
    {pong, Ms} = timed_ping(Config, "a", "b"),
    {true, _} = {Ms >= 600 andalso Ms < 600 + 2 * ?SLACK, Ms},
    takes(Config, "a", "b", 200).

jitter(Config) ->
    start(Config, ["a", "b"], ?ALONE),
    connect(Config, ["a", "b"]),
    lists:foldl(fun({Fault, Wanted}, First) ->
        Id = fault(Config, "latency --between a b " ++ Fault),
        (traffic(Config, [{"a", "b"}, {"b", "a"}], {First, First + 999, 3}))(),
        {Shortest, _} = rtt(Config, "a", "b"),
        {true, _} = {Shortest >= Wanted, {Fault, Shortest}},
        remove(Config, Id),
        First + 1000
    end, 1, [{"delay=30ms jitter=20ms", 20}, {"delay=30ms jitter=15ms distribution=normal correlation=0.5", 0},
             {"delay=30ms jitter=15ms distribution=pareto", 30}]),
    [[] = lost(Config, Name) || Name <- ["a", "b"]].

%% Regions: a and b are near each other, c is far from both, and d is in none.
matrix(Config) ->
    File = filename:join(proplists:get_value(priv_dir, Config), "regions"),
    ok = file:write_file(File, "# regions\neu = a,b\nus = c*\neu us 75ms\neu eu 10ms\n"),
    start(Config, ["a", "b", "c", "d"], ?ALONE),
    connect(Config, ["a", "b", "c", "d"]),
    epmdpxy(Config, "fault add latency --matrix " ++ File),
    [takes(Config, From, To, Ms) || {From, To, Ms} <- [{"a", "c", 150}, {"c", "b", 150}, {"a", "b", 20}, {"c", "d", 0},
                                                       {"d", "a", 0}]],
    {Shortest, _} = rtt(Config, "a", "b"),
    {true, _} = {Shortest < 100, Shortest},
    epmdpxy(Config, "fault clear"),
    takes(Config, "a", "c", 0).

%% ---- bandwidth ----

%% 8 Mbit/s carry 1 MB in a second, each way: the lanes do not share it.
bandwidth(Config) ->
    start(Config, ["a", "b", "c"], ?ALONE),
    connect(Config, ["a", "b", "c"]),
    Id = fault(Config, "bandwidth --between a b rate=8mbit"),
    Both = [later(fun() -> blob_takes(Config, From, To, 2000000) end) || {From, To} <- [{"a", "b"}, {"b", "a"}]],
    [{true, _} = {Ms >= 1950 andalso Ms < 3200, Ms} || Wait <- Both, Ms <- [Wait()]],
    {true, _} = {blob_takes(Config, "a", "c", 2000000) < 1500, "c is not concerned"},
    %% the smallest rate counts; a change holds at once
    Slower = fault(Config, "bandwidth --from a --to b rate=800kbit"),
    Blob = later(fun() -> blob_takes(Config, "a", "b", 1000000) end),
    wait(fun() -> lists:any(fun(#{"lanes" := Lanes}) -> lists:any(fun(#{"kept_bytes" := N}) -> N > 0 end, Lanes) end,
                            cables(Config)) end),
    remove(Config, Slower),
    Ms = Blob(),
    {true, _} = {Ms >= 900 andalso Ms < 5000, Ms},
    remove(Config, Id),
    {true, _} = {blob_takes(Config, "a", "b", 2000000) < 1500, "and then it is fast again"},
    [[] = lost(Config, Name) || Name <- ["a", "b", "c"]].

%% ---- ends ----

%% b hears later that a is gone; c hears at once.
slow_close(Config) ->
    start(Config, ["a", "b", "c"], ?ALONE),
    connect(Config, ["a", "b"]),
    connect(Config, ["a", "c"]),
    fault(Config, "slow_close --from a --to b delay=1500ms"),
    A = node_of(Config, "a"),
    Began = now_ms(),
    kill(Config, "a"),
    Fell = fun(Name) -> [{Why, At - Began} || {Node, Why, At} <- call(Config, Name, agent, fell, []), Node =:= A] end,
    wait(fun() -> Fell("b") =/= [] andalso Fell("c") =/= [] end),
    [{connection_closed, Late}] = Fell("b"),
    [{connection_closed, Soon}] = Fell("c"),
    {true, true, _} = {Late >= 1500 andalso Late < 3000, Soon < 1000, {Late, Soon}}.

%% What a node has sent before its death comes, late but whole, and only then the end: also what a cut has held.
last_words(Config) ->
    start(Config, ["a", "b", "c", "d"], ?ALONE),
    Pairs = [{"a", "b"}, {"c", "d"}],
    [connect(Config, [From, To]) || {From, To} <- Pairs],
    Dead = [{Name, node_of(Config, Name)} || {Name, _} <- Pairs],
    [ok = call(Config, To, agent, load, [[node_of(Config, From)], 20]) || {From, To} <- Pairs], % they talk to the dead
    fault(Config, "latency --between a b delay=1500ms"),
    epmdpxy(Config, "cut c d"),
    Began = now_ms(),
    [ok = send(Config, From, To, {1, 2000, 100}) || {From, To} <- Pairs],
    [kill(Config, From) || {From, _} <- Pairs],
    Heard = fun(To, From) -> call(Config, To, agent, numbers, [proplists:get_value(From, Dead)]) end,
    [[] = Heard(To, From) || {From, To} <- Pairs],
    [[] = lost(Config, To) || {_, To} <- Pairs],
    wait(fun() -> lost(Config, "b") =/= [] end),
    {true, _} = {now_ms() - Began >= 1500, now_ms() - Began},
    epmdpxy(Config, "fix"),
    wait(fun() -> lost(Config, "d") =/= [] end),
    [{To, [connection_closed], true} = {To, [Why || {_, Why} <- lost(Config, To)], Heard(To, From) =:= lists:seq(1, 2000)}
     || {From, To} <- Pairs].

%% What nobody waits for any more is not kept, however slow the line: nodes that give up and dial again would fill the
%% memory with it.
nobody_left(Config) ->
    start(Config, ["a", "b", "c"], ?ALONE ++ ["-kernel", "net_setuptime", "1"]),
    connect(Config, ["a", "b", "c"]),
    fault(Config, "bandwidth --between a b rate=1kbit"),
    fault(Config, "latency --between a c delay=1h"),
    fault(Config, "slow_close --between b c delay=1h"),
    [call(Config, From, agent, load, [[node_of(Config, To)], 1000]) || {From, To} <- [{"a", "c"}, {"c", "a"}]],
    [later(fun() -> catch call(Config, "a", agent, blob, [node_of(Config, To), 5000000]) end) || To <- ["b", "c"]],
    %% a and b, a and c hear too little of each other; b and c are stopped
    wait(fun() -> sees(Config, "a") =:= [] andalso sees(Config, "b") =:= ["c"] andalso sees(Config, "c") =:= ["b"] end),
    call(Config, "a", agent, stop_load, []),
    call(Config, "c", agent, stop_load, []),
    [kill(Config, Name) || Name <- ["b", "c", "a"]],
    wait(fun() -> cables(Config) =:= [] end, 5000).

limit_data(Config) ->
    start(Config, ["a", "b"], ?ALONE),
    connect(Config, ["a", "b"]),
    Id = fault(Config, "limit_data --from a --to b bytes=100kB"),
    %% well below; and what b sends is not counted
    (traffic(Config, [{"a", "b"}], {1, 500, 10}))(),
    wait(send_blob(Config, "b", "a", 300000)),
    [] = lost(Config, "a"),
    Began = now_ms(),
    Has = send_blob(Config, "a", "b", 200000),
    [{connection_closed, true} = {Why, Ms < 2000} || {Name, Other} <- [{"a", "b"}, {"b", "a"}],
                                                     {Why, Ms} <- [noticed(Config, Name, Other, Began)]],
    false = Has(),
    %% a new connection has its own 100 kB
    pong = ping(Config, "a", "b"),
    wait(send_blob(Config, "a", "b", 50000)),
    remove(Config, Id),
    wait(send_blob(Config, "a", "b", 500000)),
    [_] = lost(Config, "b").

%% ---- slices ----

%% 300 kB in slices of at most 1500 bytes, with a pause of a millisecond behind each.
slicer(Config) ->
    start(Config, ["a", "b"], ?ALONE),
    connect(Config, ["a", "b"]),
    Id = fault(Config, "slicer --between a b average_size=1000 size_variation=500 delay=1ms"),
    (traffic(Config, [{"a", "b"}, {"b", "a"}], {1, 500, 10}))(),
    Ms = blob_takes(Config, "a", "b", 300000),
    {true, _} = {Ms >= 199, Ms},
    remove(Config, Id),
    fault(Config, "slicer --between a b average_size=1 delay=0us"),
    (traffic(Config, [{"a", "b"}, {"b", "a"}], {501, 700, 10}))(),
    wait(send_blob(Config, "b", "a", 30000)),
    [[] = lost(Config, Name) || Name <- ["a", "b"]].

%% ---- under load ----

%% Faults of all shapes come and go in any order while numbers and blobs are sent; nothing is lost, and all in order.
changed_under_load(Config) ->
    Names = ["a", "b", "c"],
    start(Config, Names, ?ALONE),
    connect(Config, Names),
    Pairs = [{From, To} || From <- Names, To <- Names, From =/= To],
    Sent = traffic(Config, Pairs, {1, 15000, 10}),
    Blobs = [later(fun() -> send_blob(Config, From, To, Size) end) || {From, To} <- Pairs, Size <- [1000000, 200000]],
    _ = rand:seed(exsss, 17),
    Left = lists:foldl(fun(_, Ids) -> change(Config, Ids) end, [], lists:seq(1, 60)),
    [remove(Config, Id) || Id <- shuffled(Left)],
    Sent(),
    [wait(Blob()) || Blob <- Blobs],
    [[] = lost(Config, Name) || Name <- Names],
    %% and nothing of the faults is left
    [{0, []} = {Kept, Faults} || #{"lanes" := Lanes} <- cables(Config), #{"kept_bytes" := Kept, "faults" := Faults} <- Lanes].

change(Config, Ids) when length(Ids) > 4 ->
    [Id | Others] = shuffled(Ids),
    remove(Config, Id),
    Others;
change(Config, Ids) ->
    [Fault, Where | _] = [hd(shuffled(List)) || List <- [
        ["latency delay=20ms", "latency delay=10ms jitter=10ms distribution=pareto", "bandwidth rate=20mbit",
         "bandwidth rate=100mbit", "slicer average_size=2000 delay=100us", "slicer average_size=100000", "slow_close delay=1s"],
        ["--from a --to b", "--between a b,c", "--between a,b,c a,b,c", "--from 'c*' --to '*'"]]],
    [Kind | Params] = string:split(Fault, " "),
    [fault(Config, Kind ++ " " ++ Where ++ " " ++ lists:append(Params)) | Ids].

shuffled(List) -> [Element || {_, Element} <- lists:sort([{rand:uniform(), Element} || Element <- List])].

%% A delayed lane may keep 64 KiB: then it pushes back, says so, and loses nothing.
lane_full(Config) ->
    start(Config, ["a", "b"], ?ALONE),
    connect(Config, ["a", "b"]),
    fault(Config, "latency --from a --to b delay=1s"),
    Blob = later(fun() -> send_blob(Config, "a", "b", 20 * 1024 * 1024) end),
    wait(fun() -> string:find(epmdpxy(Config, "events"), "lane_full") =/= nomatch end),
    [begin
         Kept = [N || #{"lanes" := Lanes} <- cables(Config), #{"kept_bytes" := N} <- Lanes],
         {true, _} = {lists:max(Kept) =< 64 * 1024, Kept},
         timer:sleep(100) % to look at another moment of it
     end || _ <- lists:seq(1, 10)],
    epmdpxy(Config, "fault clear"),
    wait(Blob()),
    wait(fun() -> string:find(epmdpxy(Config, "events"), "lane_flows") =/= nomatch end),
    [[] = lost(Config, Name) || Name <- ["a", "b"]].
