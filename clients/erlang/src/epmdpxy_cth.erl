%% SPDX-License-Identifier: MIT
%% @doc A hook of Common Test: a suite gets a cluster that can be split, and every case a whole one.
%%
%% ```
%% {ct_hooks, [{epmdpxy_cth, [{peers, 3}, {fail_on_left, true}]}]}
%% '''
%%
%% It starts epmdpxy, or attaches to the daemon that `epmdpxy exec -- rebar3 ct' has started, and stops with the run. After each
%% case the rules that it has left are removed and told of, and the cluster is whole again. A case that failed has in its log
%% what was cut when, what connections came and went, and the seed.
%%
%% <ul>
%% <li>`{peers, N | Names}', `{peers, N | Names, Options}': starts these for each suite (see `epmdpxy:peers/2'); `Config' has
%%     `{peers, Nodes}', and they end with the suite; their logs are in its `priv_dir'.</li>
%% <li>`{heal, false}': the cluster is not connected again after a case; for one that is no mesh.</li>
%% <li>`{fail_on_left, true}': a case that leaves a rule behind has failed.</li>
%% <li>`{observer, false}': this VM takes part in the experiment. Else it is an observer, if it is a node.</li>
%% <li>`{port, N}', `{program, Path}', `{seed, N}', `{strict, false}', `{log, File}': see `epmdpxy:start/1'. The port is a free
%%     one unless `ERL_EPMD_PORT' is set.</li>
%% </ul>
%%
%% Cases of a parallel group share the cluster, so what one leaves cannot be told from what another needs: not for these.
-module(epmdpxy_cth).
-export([id/1, init/2, pre_init_per_suite/3, post_end_per_suite/4, pre_init_per_testcase/4, post_end_per_testcase/5,
         on_tc_fail/4, terminate/1]).
-export([start_options/1, peers/2]). % for epmdpxy_eunit

-record(hook, {options :: [atom() | tuple()],
               started :: {ok, inet:port_number()} | {error, epmdpxy:reason()},
               was_there = false :: boolean(),        % somebody else has started it
               before = [] :: [pos_integer()],        % rules that were there before the case
               mark = 0 :: non_neg_integer(),
               history = none :: none | unicode:chardata()}).

-spec id(term()) -> atom().
id(_Options) -> ?MODULE.

-spec init(term(), [atom() | tuple()]) -> {ok, #hook{}}.
init(_Id, Options) ->
    WasThere = is_pid(whereis(epmdpxy)),
    {ok, #hook{options = Options, was_there = WasThere, started = epmdpxy:start(start_options(Options))}}.

%% @private
-spec start_options([atom() | tuple()]) -> epmdpxy:start_options().
start_options(Options) ->
    Chosen = maps:from_list([Option || {Key, _} = Option <- proplists:unfold(Options),
                                       lists:member(Key, [port, program, observer, strict, seed, log])]),
    case {os:getenv("ERL_EPMD_PORT"), is_alive()} of
        {false, false} -> maps:merge(#{port => 0}, Chosen);
        _ -> Chosen
    end.

-spec pre_init_per_suite(atom(), list(), #hook{}) -> {list() | {fail, term()}, #hook{}}.
pre_init_per_suite(_Suite, _Config, #hook{started = {error, Why}} = Hook) ->
    {{fail, {epmdpxy, Why, unicode:characters_to_list(epmdpxy:format_error(Why))}}, Hook};
pre_init_per_suite(_Suite, Config, #hook{options = Options} = Hook) ->
    observe(Options),
    case peers(Options, Config) of
        {ok, []} -> {Config, Hook};
        {ok, Nodes} -> {[{peers, Nodes} | Config], Hook};
        {error, Why} -> {{fail, {epmdpxy, Why, unicode:characters_to_list(epmdpxy:format_error(Why))}}, Hook}
    end.

%% @private
-spec peers([atom() | tuple()], list()) -> {ok, [node()]} | {error, epmdpxy:reason()}.
peers(Options, Config) ->
    Logs = maps:from_list([{log_dir, Dir} || {priv_dir, Dir} <- Config]),
    case [Option || Option <- Options, is_tuple(Option), element(1, Option) =:= peers] of
        [{peers, Names} | _] -> epmdpxy:peers(Names, Logs);
        [{peers, Names, More} | _] -> epmdpxy:peers(Names, maps:merge(Logs, More));
        [] -> {ok, []}
    end.

%% A runner may become a node late.
observe(Options) ->
    case proplists:get_value(observer, Options, true) andalso is_alive() of
        true -> _ = epmdpxy:observer(node()), ok;
        false -> ok
    end.

-spec post_end_per_suite(atom(), list(), term(), #hook{}) -> {term(), #hook{}}.
post_end_per_suite(_Suite, Config, Return, Hook) ->
    _ = [epmdpxy:stop_peer(Node) || Node <- proplists:get_value(peers, Config, [])],
    {Return, Hook}.

-spec pre_init_per_testcase(atom(), atom(), list(), #hook{}) -> {list(), #hook{}}.
pre_init_per_testcase(_Suite, _Case, Config, #hook{options = Options} = Hook) ->
    observe(Options),
    Mark = try epmdpxy:mark() catch error:{epmdpxy, _} -> 0 end,
    {Config, Hook#hook{before = ids(), mark = Mark, history = none}}.

-spec post_end_per_testcase(atom(), atom(), list(), term(), #hook{}) -> {term(), #hook{}}.
post_end_per_testcase(_Suite, Case, _Config, Return, #hook{options = Options, before = Before, mark = Mark} = Hook) ->
    History = epmdpxy:history(Mark),
    Changed = has_changed(Mark),
    Left = left(Before),
    _ = [epmdpxy:remove(Rule) || Rule <- Left],
    Told = case Left of
        [] -> Return;
        _ -> tell(Case, Left, Return, proplists:get_value(fail_on_left, Options, false))
    end,
    Healed = case Changed andalso proplists:get_value(heal, Options, true) andalso Before =:= [] of
        true -> heal(Told);
        false -> Told
    end,
    {Healed, Hook#hook{history = History}}.

tell(Case, Left, Return, Fails) ->
    log("~w has left behind ~p", [Case, Left]),
    case Fails andalso is_good(Return) of
        true -> {fail, {left_behind, Left}};
        false -> Return
    end.

heal(Return) ->
    case epmdpxy:heal() of
        ok -> Return;
        {error, Why} ->
            log("the cluster is not whole again: ~ts", [epmdpxy:format_error(Why)]),
            case is_good(Return) of
                true -> {fail, {not_healed, Why}};
                false -> Return
            end
    end.

log(Format, Args) -> ct:log(epmdpxy, 50, Format, Args, [esc_chars]).

%% As it is when the hook may still change it.
is_good({fail, _}) -> false;
is_good({'EXIT', _}) -> false;
is_good({failed, _}) -> false;
is_good({timetrap_timeout, _}) -> false;
is_good({error, _}) -> false;
is_good({skip, _}) -> false;
is_good({skipped, _}) -> false;
is_good(_) -> true.

%% A cut that has ended with the case's process leaves nodes that are not connected.
has_changed(Mark) ->
    case epmdpxy:events(Mark) of
        {ok, Events} -> lists:any(fun(#{event := Kind}) -> Kind =:= rules_changed orelse Kind =:= cable_down end, Events);
        {error, _} -> false
    end.

left(Before) ->
    case epmdpxy:rules() of
        {ok, Rules} -> [Rule || #{id := Id} = Rule <- Rules, not lists:member(Id, Before)];
        {error, _} -> []
    end.

ids() ->
    case epmdpxy:rules() of
        {ok, Rules} -> [Id || #{id := Id} <- Rules];
        {error, _} -> []
    end.

-spec on_tc_fail(atom(), term(), term(), #hook{}) -> #hook{}.
on_tc_fail(_Suite, _Case, _Reason, #hook{started = {error, _}} = Hook) ->
    Hook;
on_tc_fail(Suite, Case, _Reason, #hook{history = Kept, mark = Mark} = Hook) ->
    History = case Kept of none -> epmdpxy:history(Mark); _ -> Kept end,
    log("~w:~p~n~ts", [Suite, Case, History]),
    Hook.

-spec terminate(#hook{}) -> ok.
terminate(#hook{was_there = true}) -> ok;
terminate(_) -> epmdpxy:stop().
