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
%% A test that has failed has as its output what was cut when, unless it ran out of time: EUnit kills it then. The options are
%% those of `epmdpxy_cth', except `fail_on_left' and `fail_on_untouched'. Tests of a cluster take turns: not for `inparallel'.
-module(epmdpxy_eunit).
-export([setup/1, cleanup/1, test/3]).
-export_type([cluster/0]).

-opaque cluster() :: #{nodes := [node()], was_there := boolean(), rules := [pos_integer()], options := [atom() | tuple()]}.

-define(TIMETRAP_S, 60).

%% @doc Starts epmdpxy, or attaches to the daemon that is there, and the nodes. Raises.
-spec setup([atom() | tuple()]) -> cluster().
setup(Options) ->
    WasThere = is_pid(whereis(epmdpxy)),
    _ = value(epmdpxy:start(epmdpxy_cth:start_options(Options))),
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
    _ = [epmdpxy:remove(Id) || Id <- ids() -- Rules],
    _ = [epmdpxy:stop_peer(Node) || Node <- Nodes],
    WasThere orelse epmdpxy:stop(),
    ok.

%% @doc A test of that title; the fun gets the nodes. It has 60 s.
-spec test(cluster(), string(), fun(([node()]) -> term())) -> {string(), {timeout, pos_integer(), fun(() -> term())}}.
test(#{nodes := Nodes} = Cluster, Title, Fun) ->
    {Title, {timeout, ?TIMETRAP_S, fun() ->
        make_whole(Cluster),
        Mark = epmdpxy:mark(),
        try Fun(Nodes)
        catch Class:Why:Stack ->
            io:put_chars(epmdpxy:history(Mark)),
            erlang:raise(Class, Why, Stack)
        end
    end}}.

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
