%% SPDX-License-Identifier: MIT
%% Whom does strictness accuse? Faults that change nothing, each in a way of its own, all of them; and of those that do
%% change something, at random, none:  HONEST=1000 SEED=1 test/cluster/run strict
-module(strict_SUITE).
-compile([export_all, nowarn_export_all]).

-import(cluster, [start/3, call/5, node_of/2, sees/2, wait/1, later/1, ping/3, send/4, got/3, epmdpxy/2]).

-define(NAMES, ["a", "b", "c"]).
-define(HONEST, "30").

suite() -> [{timetrap, {minutes, 15}}].

all() -> [vacuous, honest, noticed].

init_per_testcase(_, Config) -> cluster:init(["--strict"], Config).

%% Whose faults were vacuous ends with status 3, and nothing is wrong with that.
end_per_testcase(vacuous, Config) ->
    {fail, {daemon_ended_with, 3, cables_left, []}} = cluster:'end'(Config),
    ok;
end_per_testcase(_, Config) -> cluster:'end'(Config).

%% ---- rules ----

add(Config, Words) -> cluster:fault(Config, Words).

cut(Config, Words) ->
    #{"rules" := [#{"id" := Id} | _]} = tiny_json:decode(epmdpxy(Config, "cut --json " ++ Words)),
    Id.

remove(Config, Id) -> epmdpxy(Config, ["fault rm ", integer_to_list(Id)]).

fix(Config) -> epmdpxy(Config, "fix").

ids(Config) -> [Id || #{"id" := Id} <- maps:get("rules", cluster:http(Config, "GET", "/v1/rules", ""))].

%% The numbers of the rules that were accused so far, and what was said about them.
accused(Config) ->
    Said = [Line || Line <- string:split(cluster:log(Config), "\n", all), string:find(Line, "this fault has ended and") =/= nomatch],
    [begin
         {match, [Id]} = re:run(Line, "#([0-9]+)", [{capture, all_but_first, list}]),
         {list_to_integer(Id), Line}
     end || Line <- Said].

%% ---- nodes ----

%% Connected by nobody but the test.
start_nodes(Config) -> start(Config, ?NAMES, ["-connect_all", "false", "-kernel", "net_setuptime", "1"]).

%% Ticks a quarter of an hour apart.
without_ticks(Config) ->
    [call(Config, Name, net_kernel, set_net_ticktime, [3600, 0]) || Name <- ?NAMES],
    wait(fun() -> [3600] =:= lists:usort([call(Config, Name, net_kernel, get_net_ticktime, []) || Name <- ?NAMES]) end).

connect(Config, A, B) -> wait(fun() -> ping(Config, A, B) =:= pong end).

disconnect(Config, A, B) ->
    call(Config, A, erlang, disconnect_node, [node_of(Config, B)]),
    wait(fun() -> not lists:member(B, sees(Config, A)) andalso not lists:member(A, sees(Config, B)) end),
    wait(fun() -> cluster:up_cables(Config) -- [lists:sort([full(Config, A), full(Config, B)])] =:= cluster:up_cables(Config) end).

full(Config, Name) -> atom_to_list(node_of(Config, Name)).

%% A number, and it has come.
say(Config, A, B) ->
    Sent = erlang:unique_integer([positive]),
    send(Config, A, B, {Sent, Sent}),
    fun() -> lists:member(Sent, got(Config, B, A)) end.

heard(Config, A, B) -> wait(say(Config, A, B)).

%% ---- faults that change nothing ----

%% Each leaves a rule that has done nothing by the end of it, and returns its number. The nodes a and b are connected, a has
%% dialled, and nothing is said between them but by the test.
ways() ->
    [{misspelt_name, fun(C) -> hold(C, "a bb") end},
     {never_came, fun(C) -> with(C, "latency --between a late delay=50ms", fun() -> heard(C, "a", "b") end) end},
     {wrong_host, fun(C) -> with(C, "latency --between a@elsewhere b delay=50ms", fun() -> heard(C, "a", "b") end) end},
     {wrong_direction, fun(C) -> with(C, "latency --from b --to a delay=50ms", fun() -> heard(C, "a", "b") end) end},
     {silent_side_of_a_one_way_cut, fun(C) ->
         Id = cut(C, "--one-way b a"),
         heard(C, "a", "b"),
         fix(C),
         Id
     end},
     {dialled_by_the_other, fun(C) ->
         with(C, "latency --from a --to b --dialled-by to delay=50ms", fun() -> heard(C, "a", "b") end)
     end},
     {over_before_anything, fun(C) ->
         Id = add(C, "freeze --between a b --for 10ms"),
         wait(fun() -> ids(C) =:= [] end),
         heard(C, "a", "b"),
         Id
     end},
     {lease_over_before_anything, fun(C) ->
         epmdpxy(C, "lease short --for 1m"),
         Id = add(C, "bandwidth --between a b rate=1kbit --lease short"),
         epmdpxy(C, "lease short --for 1ms"),
         wait(fun() -> ids(C) =:= [] end),
         heard(C, "a", "b"),
         Id
     end},
     {downgrade_when_connected, fun(C) ->
         with(C, "downgrade --between a b clear=fragments", fun() -> heard(C, "a", "b") end)
     end},
     {handshake_when_connected, fun(C) ->
         with(C, "handshake --between a b stage=name", fun() -> heard(C, "a", "b") end)
     end},
     {stage_never_reached, fun(C) ->
         disconnect(C, "a", "b"),
         Early = add(C, "handshake --between a b stage=status action=close"),
         Id = add(C, "handshake --between a b stage=ack"),
         pang = ping(C, "a", "b"),
         [remove(C, Rule) || Rule <- [Early, Id]],
         Id
     end},
     {idle_under_latency, fun(C) -> with(C, "latency --between a b delay=1s", fun() -> heard(C, "a", "c") end) end},
     {idle_under_bandwidth, fun(C) -> with(C, "bandwidth --between a b rate=1kbit", fun() -> heard(C, "a", "c") end) end},
     {idle_under_a_hold, fun(C) -> hold(C, "a b") end},
     {idle_under_a_freeze, fun(C) -> with(C, "freeze --from b --to '*'", fun() -> heard(C, "a", "c") end) end},
     {frozen_and_only_listens, fun(C) -> with(C, "freeze --from b --to a", fun() -> heard(C, "a", "b") end) end},
     {mute_before_the_first_tick, fun(C) -> with(C, "mute --between a b", fun() -> heard(C, "a", "b") end) end},
     {limit_not_reached, fun(C) -> with(C, "limit_data --between a b bytes=1MB", fun() -> heard(C, "a", "b") end) end},
     {nothing_closes, fun(C) -> with(C, "slow_close --between a b delay=1s", fun() -> heard(C, "a", "b") end) end},
     {nobody_dials, fun(C) ->
         Id = cut(C, "--mode refuse a b"),
         heard(C, "a", "b"),
         fix(C),
         Id
     end},
     {nobody_asks, fun(C) -> with(C, "hide --node b", fun() -> heard(C, "a", "b") end) end},
     {nobody_lists, fun(C) -> with(C, "unlisted --node b", fun() -> connect(C, "c", "b") end) end},
     {no_delay, fun(C) -> with(C, "latency --between a b delay=0us", fun() -> heard(C, "a", "b") end) end},
     {larger_of_two_limits, fun(C) ->
         Small = add(C, "limit_data --between a b bytes=1"),
         Id = with(C, "limit_data --between a b bytes=100", fun() ->
             send(C, "a", "b", {1, 100}),
             wait(fun() -> sees(C, "a") =:= ["c"] end)
         end),
         remove(C, Small),
         Id
     end},
     {observers_are_left_alone, fun(C) ->
         epmdpxy(C, "observe a"),
         Id = with(C, "latency --from '*' --to '*' delay=50ms", fun() -> heard(C, "a", "b") end),
         epmdpxy(C, "observe --end a"),
         Id
     end}].

with(Config, Words, Fun) ->
    Id = add(Config, Words),
    Fun(),
    remove(Config, Id),
    Id.

hold(Config, Islands) ->
    Id = cut(Config, Islands),
    heard(Config, "a", "c"),
    fix(Config),
    Id.

vacuous(Config) ->
    start_nodes(Config),
    without_ticks(Config),
    Ids = [{Way, try_way(Config, Fun)} || {Way, Fun} <- ways()],
    Accused = [Id || {Id, _} <- accused(Config)],
    ct:pal("~p ways, ~p accused", [length(Ids), length([1 || {_, Id} <- Ids, lists:member(Id, Accused)])]),
    [] = [Way || {Way, Id} <- Ids, not lists:member(Id, Accused)],
    [] = Accused -- [Id || {_, Id} <- Ids]. % nor were those that had something to do with it

try_way(Config, Fun) ->
    connect(Config, "a", "c"),
    connect(Config, "a", "b"),
    disconnect(Config, "a", "b"), % so that it is a who has dialled
    connect(Config, "a", "b"),
    epmdpxy(Config, "wait quiet"),
    Fun(Config).

%% ---- what a fix tells ----

%% The nodes find out by their ticks that they are cut; until then nobody had noticed.
noticed(Config) ->
    start_nodes(Config),
    connect(Config, "a", "b"),
    cut(Config, "a b"),
    say(Config, "a", "b"),
    wait(fun() -> string:find(epmdpxy(Config, "fault list"), "(1 frame)") =/= nomatch end),
    Early = fix(Config),
    {{match, _}, _} = {re:run(Early, "touched 1 cable; held [0-9]+ bytes \\(1 frame\\)$"), Early},
    cut(Config, "a b"),
    epmdpxy(Config, "wait noticed"),
    pang = ping(Config, "a", "b"),
    Late = fix(Config),
    {{match, _}, _} = {re:run(Late, "touched 1 cable and 1 dial.*; held 1 handshake; hid [0-9]+ hang-ups?; both sides had noticed [0-9.]+m?s before$"), Late}.

%% ---- faults that change something ----

honest(Config) ->
    Count = list_to_integer(os:getenv("HONEST", ?HONEST)),
    Seed = list_to_integer(os:getenv("SEED", integer_to_list(erlang:phash2(make_ref())))),
    rand:seed(exsss, Seed),
    start_nodes(Config),
    Kinds = [try_kind(Config) || _ <- lists:seq(1, Count)],
    Accused = [Line || {_, Line} <- accused(Config)],
    ct:pal("SEED=~p: ~p, ~p accused~n~p", [Seed, Count, length(Accused), maps:to_list(maps:groups_from_list(fun(K) -> K end, Kinds))]),
    [] = Accused.

any(List) -> lists:nth(rand:uniform(length(List)), List).

try_kind(Config) ->
    [A, B | _] = [Name || {_, Name} <- lists:sort([{rand:uniform(), Name} || Name <- ?NAMES])],
    {Kind, Fun} = any(kinds()),
    connect(Config, A, B),
    try Fun(Config, A, B)
    catch Class:Why:Stack -> error({Kind, A, B, Class, Why, Stack})
    end,
    Kind.

%% Names in any of their forms.
name(Config, Name) -> any([Name, full(Config, Name), [$', Name, "*'"]]).

pair(Config, A, B) -> [name(Config, A), " ", name(Config, B)].

between(Config, Kind, A, B, Params) -> [Kind, " --between ", pair(Config, A, B), " ", Params].
lane(Config, Kind, A, B, Params) -> [Kind, " --from ", name(Config, A), " --to ", name(Config, B), " ", Params].

%% Adds it, has that done, and lets it end in any of the ways there are.
under(Config, Words, Fun) ->
    case rand:uniform(4) of
        1 -> Id = add(Config, Words), Fun(), remove(Config, Id);
        2 -> add(Config, Words), Fun(), epmdpxy(Config, "fault clear");
        3 ->
            epmdpxy(Config, "lease l --for 1m"),
            add(Config, [Words, " --lease l"]),
            Fun(),
            epmdpxy(Config, "lease l --end");
        4 ->
            epmdpxy(Config, "lease l --for 1m"),
            add(Config, [Words, " --lease l"]),
            Fun(),
            epmdpxy(Config, "lease l --for 1ms")
    end,
    wait(fun() -> ids(Config) =:= [] end).

%% A cut, which a fix ends.
cut_and(Config, Words, Fun) ->
    Id = cut(Config, Words),
    Fun(),
    (any([fun() -> fix(Config) end, fun() -> remove(Config, Id) end, fun() -> epmdpxy(Config, "fault clear") end]))(),
    fix(Config),
    wait(fun() -> ids(Config) =:= [] end).

%% What was said before does not come, and then it does.
kinds() ->
    [{hold, fun(C, A, B) ->
         Come = cut_and_say(C, pair(C, A, B), A, B),
         wait(Come)
     end},
     {one_way, fun(C, A, B) ->
         Come = cut_and_say(C, ["--one-way ", pair(C, A, B)], A, B),
         wait(Come)
     end},
     {drop, fun(C, A, B) ->
         cut_and_say(C, ["--mode drop ", pair(C, A, B)], A, B),
         wait(fun() -> not lists:member(B, sees(C, A)) end)
     end},
     {ends, fun(C, A, B) ->
         cut_and(C, ["--mode ", any(["sever", "close", "reset"]), " ", pair(C, A, B)], fun() ->
             wait(fun() -> not lists:member(B, sees(C, A)) end)
         end)
     end},
     {isolate, fun(C, A, B) ->
         cut_and(C, ["--mode close --isolate ", A], fun() -> wait(fun() -> not lists:member(B, sees(C, A)) end) end)
     end},
     {refuse, fun(C, A, B) ->
         disconnect(C, A, B),
         cut_and(C, ["--mode ", any(["refuse", "close", "reset"]), " ", pair(C, A, B)], fun() -> pang = ping(C, A, B) end)
     end},
     {held_dial, fun(C, A, B) ->
         disconnect(C, A, B),
         cut_and(C, ["--mode ", any(["hold", "sever", "drop"]), " ", any(["", "--one-way "]), pair(C, A, B)], fun() ->
             pang = ping(C, A, B)
         end)
     end},
     {frozen_dial, fun(C, A, B) ->
         disconnect(C, A, B),
         under(C, lane(C, "freeze", A, B, ""), fun() -> pang = ping(C, A, B) end)
     end},
     {delays, fun(C, A, B) ->
         Words = any(["latency delay=30ms", "latency delay=1ms jitter=1ms", "bandwidth rate=64kbit", "slicer average_size=7"]),
         [Kind, Params] = string:split(Words, " "),
         under(C, any([between(C, Kind, A, B, Params), lane(C, Kind, A, B, Params), [Kind, " ", Params]]), fun() -> heard(C, A, B) end)
     end},
     {together, fun(C, A, B) -> % between regions, of which two have nothing to say to each other
         [Other] = ?NAMES -- [A, B],
         Rule = fun(X, Y) ->
             ["{\"fault\": \"latency\", \"params\": {\"delay\": \"20ms\"}, \"between\": [[\"", X, "\"], [\"", Y, "\"]]}"]
         end,
         Rules = lists:join(", ", [Rule(Other, B), Rule(A, B), Rule(Other, "late")]),
         cluster:http(C, "POST", "/v1/rules", ["{\"rules\": [", Rules, "]}"]),
         heard(C, A, B),
         (any([fun() -> epmdpxy(C, "fault clear") end, fun() -> [remove(C, Id) || Id <- ids(C)] end]))(),
         epmdpxy(C, "fault clear")
     end},
     {dialled_by, fun(C, A, B) ->
         disconnect(C, A, B),
         connect(C, A, B),
         under(C, lane(C, "latency", A, B, "delay=5ms --dialled-by from"), fun() -> heard(C, A, B) end)
     end},
     {freeze, fun(C, A, B) ->
         under(C, lane(C, "freeze", A, B, ""), fun() ->
             Come = say(C, A, B),
             timer:sleep(50),
             false = Come()
         end)
     end},
     {mute, fun(C, A, B) ->
         Before = ticks_muted(C),
         under(C, between(C, "mute", A, B, ""), fun() -> wait(fun() -> ticks_muted(C) > Before end) end)
     end},
     {limit, fun(C, A, B) ->
         under(C, between(C, "limit_data", A, B, ["bytes=", any(["0", "100", "1kB"])]), fun() ->
             call(C, A, agent, blob, [node_of(C, B), 5000]),
             wait(fun() -> not lists:member(B, sees(C, A)) end)
         end)
     end},
     {slow_close, fun(C, A, B) ->
         under(C, between(C, "slow_close", A, B, "delay=20ms"), fun() ->
             call(C, A, erlang, disconnect_node, [node_of(C, B)]),
             wait(fun() -> not lists:member(A, sees(C, B)) end)
         end)
     end},
     {handshake, fun(C, A, B) ->
         disconnect(C, A, B),
         Stage = any(["name", "status", "challenge", "reply", "ack"]),
         under(C, between(C, "handshake", A, B, ["stage=", Stage, " action=", any(["hold", "close"])]), fun() ->
             pang = ping(C, A, B)
         end)
     end},
     {downgrade, fun(C, A, B) ->
         disconnect(C, A, B),
         under(C, between(C, "downgrade", A, B, "clear=fragments"), fun() -> pong = ping(C, A, B) end)
     end},
     {names, fun(C, A, B) ->
         disconnect(C, A, B),
         under(C, ["hide --node ", name(C, B)], fun() -> pang = ping(C, A, B) end)
     end},
     {slow_names, fun(C, A, B) ->
         disconnect(C, A, B),
         under(C, ["slow delay=20ms --node ", name(C, B)], fun() -> pong = ping(C, A, B) end)
     end},
     {unlisted, fun(C, A, B) ->
         under(C, ["unlisted --node ", name(C, B)], fun() ->
             {ok, Names} = call(C, A, net_adm, names, []),
             false = lists:keymember(B, 1, Names)
         end)
     end}].


ticks_muted(Config) -> cluster:counter(Config, "ticks_muted").

cut_and_say(Config, Words, A, B) ->
    Self = self(),
    cut_and(Config, Words, fun() ->
        Come = say(Config, A, B),
        timer:sleep(50),
        false = Come(),
        Self ! {come, Come}
    end),
    receive {come, Come} -> Come end.
