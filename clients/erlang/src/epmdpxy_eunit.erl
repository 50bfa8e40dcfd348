%% SPDX-License-Identifier: MIT
%% @doc A fixture of EUnit: tests share a cluster that can be split, and each finds it whole.
%%
%% ```
%% split_test_() ->
%%     {setup, fun() -> epmdpxy_eunit:setup([{peers, 3, #{apps => [my_app]}}]) end, fun epmdpxy_eunit:cleanup/1,
%%      fun(Cluster) -> [epmdpxy_eunit:test(Cluster, "a minority does not lead", fun a_minority/1)] end}.
%%
%% a_minority([A, B, C]) ->
%%     epmdpxy:with_cut([A, [B, C]], fun() -> ?assertNot(epmdpxy:call(A, my_app, leads, [])) end).
%% '''
%%
%% A test that has failed has as its output what was cut when. Of one that ran out of time, which EUnit kills, that is printed
%% where the VM prints. The options are those of `epmdpxy_cth', except `fail_on_left' and `fail_on_vacuous', and
%% `{timetrap, Seconds}'. Tests of a cluster take turns, also within `inparallel', where waiting is a part of their time.
-module(epmdpxy_eunit).
-export([setup/1, cleanup/1, test/3]).
-export_type([cluster/0]).

-opaque cluster() :: #{nodes := [node()], was_there := boolean(), rules := [pos_integer()], options := [atom() | tuple()]}.

-define(TIMETRAP_S, 60).
-define(TURN, epmdpxy_eunit_turn).

%% @doc Starts epmdpxy, or attaches to the daemon that is there, and the nodes. Raises.
-spec setup([atom() | tuple()]) -> cluster().
setup(Options) ->
    WasThere = is_pid(whereis(epmdpxy)),
    _ = value(epmdpxy_cth:start(Options, [peers, heal, timetrap])),
    try
        Nodes = value(epmdpxy_cth:peers(Options, [])),
        #{nodes => Nodes, was_there => WasThere, rules => ids(), options => Options}
    catch Class:Why:Stack ->
        WasThere orelse epmdpxy:stop(),
        erlang:raise(Class, Why, Stack)
    end.

%% @doc Ends the nodes, and what was started; rules that were left go.
-spec cleanup(cluster()) -> ok.
cleanup(#{nodes := Nodes, was_there := WasThere, rules := Rules}) ->
    await_turn(),
    _ = [epmdpxy:remove(Id) || Id <- ids() -- Rules],
    _ = [epmdpxy:stop_peer(Node) || Node <- Nodes],
    WasThere orelse epmdpxy:stop(),
    ok.

%% @doc A test of that title; the fun gets the nodes. It has 60 s, if `timetrap' says nothing else.
-spec test(cluster(), string(), fun(([node()]) -> term())) -> {string(), {timeout, pos_integer(), fun(() -> term())}}.
test(#{nodes := Nodes, options := Options} = Cluster, Title, Fun) ->
    {Title, {timeout, proplists:get_value(timetrap, Options, ?TIMETRAP_S), fun() ->
        Turn = take_turn(Title),
        make_whole(Cluster),
        Mark = epmdpxy:mark(),
        Turn ! {began, Mark},
        try Fun(Nodes)
        catch Class:Why:Stack ->
            io:put_chars(epmdpxy:history(Mark)),
            erlang:raise(Class, Why, Stack)
        after
            Turn ! ended
        end
    end}}.

%% One test at a time. Who is killed tells nothing, so whoever keeps its turn does.
take_turn(Title) ->
    Test = self(),
    Turn = spawn(fun() -> keep_turn(erlang:monitor(process, Test), Title, none) end),
    try register(?TURN, Turn) of
        true -> Turn
    catch error:badarg ->
        exit(Turn, kill),
        await_turn(),
        take_turn(Title)
    end.

await_turn() ->
    Ref = erlang:monitor(process, ?TURN),
    receive {'DOWN', Ref, process, _, _} -> ok end.

keep_turn(Ref, Title, Began) ->
    receive
        {began, Mark} -> keep_turn(Ref, Title, {at, Mark});
        ended -> ok;
        {'DOWN', Ref, process, _, _} ->
            _ = [io:put_chars(user, ["\n", Title, ":\n", epmdpxy:history(Mark)]) || {at, Mark} <- [Began]],
            ok
    end.

%% Before a test, not behind it: the one before may have been killed.
make_whole(#{rules := Rules, options := Options}) ->
    _ = [epmdpxy:remove(Id) || Id <- ids() -- Rules],
    case proplists:get_value(heal, Options, true) andalso Rules =:= [] of
        true -> ok(epmdpxy:heal());
        false -> ok
    end.

ids() -> [Id || #{id := Id} <- value(epmdpxy:rules())].

value({ok, Value}) -> Value;
value({error, Why}) -> raise(Why).

ok(ok) -> ok;
ok({error, Why}) -> raise(Why).

-spec raise(epmdpxy:reason()) -> no_return().
raise(Why) -> error({epmdpxy, Why, unicode:characters_to_list(epmdpxy:format_error(Why))}).
