%% SPDX-License-Identifier: MIT
%% @doc A hook of Common Test: a suite gets a cluster that can be split, and every case a whole one.
%%
%% ```
%% {ct_hooks, [{epmdpxy_cth, [{peers, 3}, {fail_on_left, true}]}]}
%% '''
%%
%% It starts epmdpxy, or attaches to the daemon that `epmdpxy exec -- rebar3 ct' has started, and stops with the run. After each
%% case the rules that it has left are removed and told of, and the cluster is whole again. What was cut when, what connections
%% came and went, and the seed are in the log of a case that has failed, and for each case in `CASE.epmdpxy' in its `priv_dir'.
%%
%% <ul>
%% <li>`{peers, N | Names}', `{peers, N | Names, Options}': starts these for each suite (see `epmdpxy:peers/2'); `Config' has
%%     `{peers, Nodes}', and they end with the suite; their logs are in its `priv_dir'.</li>
%% <li>`{heal, false}': the cluster is not connected again after a case; for one that is no mesh.</li>
%% <li>`{fail_on_left, true}': a case that leaves a rule behind has failed.</li>
%% <li>`{fail_on_vacuous, true}': so has one with a rule that has changed nothing, which is told of anyway: it has shown
%%     nothing, as the name may be misspelt, or nobody was connected.</li>
%% <li>`{observer, false}': this VM takes part in the experiment. Else it is an observer, if it is a node.</li>
%% <li>`{port, N}', `{program, Path}', `{seed, N}', `{strict, false}', `{log, File}': see `epmdpxy:start/1'. The port is a free
%%     one unless `ERL_EPMD_PORT' is set.</li>
%% </ul>
%%
%% With an option that is none of these every suite fails, and says so.
%%
%% Cases of a `parallel' group share the cluster. A case is judged by the rules that are its process's own, and these are removed
%% when it ends; what belongs to no case is removed, and the cluster made whole again, after the group. The history of a case that
%% failed begins with the group. When a rule that is no case's own (`owner => none', another process's, that of a case that was
%% killed) makes the group's `end_per_group' fail, Common Test tells of it, but does not count it: `rebar3 ct' ends with status 0.
%% With `epmdpxy exec --strict -- rebar3 ct' a fault that has changed nothing gives status 3 there, too.
-module(epmdpxy_cth).
-export([id/1, init/2, pre_init_per_suite/3, post_end_per_suite/4, pre_init_per_group/4, post_end_per_group/5,
         pre_init_per_testcase/4, post_end_per_testcase/5, on_tc_fail/4, terminate/1]).
-export([start/2, peers/2]). % for epmdpxy_eunit

-record(hook, {options :: [atom() | tuple()],
               started :: {ok, inet:port_number()} | {error, epmdpxy:reason()},
               was_there = false :: boolean(),        % somebody else has started it
               together = none :: none | {atom(), atom()}, % the suite and the parallel group that this is about, not a case
               before = [] :: [pos_integer()],        % rules that were there before
               mark = 0 :: non_neg_integer(),
               history = none :: none | unicode:chardata()}).

-spec id(term()) -> atom().
id(_Options) -> ?MODULE.

-spec init(term(), [atom() | tuple()]) -> {ok, #hook{}}.
init(_Id, Options) ->
    WasThere = is_pid(whereis(epmdpxy)),
    Started = start(Options, [peers, heal, fail_on_left, fail_on_vacuous]),
    {ok, #hook{options = Options, was_there = WasThere, started = Started}}.

%% @private
%% `Own': those of the options that are not for `epmdpxy:start/1', which refuses what it does not know.
-spec start([atom() | tuple()], [atom()]) -> {ok, inet:port_number()} | {error, epmdpxy:reason()}.
start(Options, Own) ->
    Chosen = maps:without(Own, maps:from_list([{element(1, Option), element(2, Option)} || Option <- proplists:unfold(Options)])),
    case {os:getenv("ERL_EPMD_PORT"), is_alive()} of
        {false, false} -> epmdpxy:start(maps:merge(#{port => 0}, Chosen));
        _ -> epmdpxy:start(Chosen)
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

-spec pre_init_per_group(atom(), atom(), list(), #hook{}) -> {list(), #hook{}}.
pre_init_per_group(Suite, Group, Config, #hook{together = none} = Hook) ->
    case is_parallel(Config) of
        true -> {Config, began(Hook#hook{together = {Suite, Group}})};
        false -> {Config, Hook}
    end;
pre_init_per_group(_Suite, _Group, Config, Hook) ->
    {Config, Hook}.

-spec post_end_per_group(atom(), atom(), list(), term(), #hook{}) -> {term(), #hook{}}.
post_end_per_group(Suite, Group, Config, Return, #hook{together = {Suite, Group}} = Hook) ->
    ended(Group, Config, Return, Hook#hook{together = none});
post_end_per_group(_Suite, _Group, _Config, Return, Hook) ->
    {Return, Hook}.

-spec pre_init_per_testcase(atom(), atom(), list(), #hook{}) -> {list(), #hook{}}.
pre_init_per_testcase(_Suite, _Case, Config, #hook{options = Options} = Hook) ->
    observe(Options),
    case is_parallel(Config) of
        true -> {Config, Hook};
        false -> {Config, began(Hook#hook{together = none})}
    end.

-spec post_end_per_testcase(atom(), atom(), list(), term(), #hook{}) -> {term(), #hook{}}.
post_end_per_testcase(_Suite, Case, Config, Return, #hook{together = none} = Hook) ->
    ended(Case, Config, Return, Hook);
post_end_per_testcase(_Suite, Case, _Config, Return, Hook) ->
    {judged_alone(Case, Return, Hook), Hook}.

%% By the rules of its own: it is its process that calls.
judged_alone(Case, Return, #hook{options = Options, before = Before, mark = Mark}) ->
    Own = epmdpxy_daemon:made_by(self()),
    Left = [Rule || #{id := Id} = Rule <- left(Before), lists:member(Id, Own)],
    _ = [epmdpxy:remove(Rule) || Rule <- Left],
    Told = tell(Case, left_behind, Left, Return, proplists:get_bool(fail_on_left, Options)),
    tell(Case, vacuous, [Id || Id <- vacuous(Mark), lists:member(Id, Own)], Told, proplists:get_bool(fail_on_vacuous, Options)).

%% Also a case of a group within a parallel one.
is_parallel(Config) ->
    Groups = [proplists:get_value(tc_group_properties, Config, []) | proplists:get_value(tc_group_path, Config, [])],
    lists:any(fun(Properties) -> lists:member(parallel, Properties) end, Groups).

began(Hook) ->
    Mark = try epmdpxy:mark() catch error:{epmdpxy, _} -> 0 end,
    Hook#hook{before = ids(), mark = Mark, history = none}.

ended(Name, Config, Return, #hook{options = Options, before = Before, mark = Mark} = Hook) ->
    History = epmdpxy:history(Mark),
    _ = keep(Name, Config, History),
    Changed = has_any([rules_changed, cable_down], Mark),
    Left = left(Before),
    _ = [epmdpxy:remove(Rule) || Rule <- Left],
    Told = tell(Name, left_behind, Left, Return, proplists:get_bool(fail_on_left, Options)),
    Judged = tell(Name, vacuous, vacuous(Mark), Told, proplists:get_bool(fail_on_vacuous, Options)),
    Healed = case Changed andalso proplists:get_value(heal, Options, true) andalso Before =:= [] of
        true -> heal(Judged);
        false -> Judged
    end,
    {Healed, Hook#hook{history = History}}.

keep(Name, Config, History) ->
    case proplists:get_value(priv_dir, Config) of
        undefined -> ok;
        Dir -> file:write_file(filename:join(Dir, atom_to_list(Name) ++ ".epmdpxy"), unicode:characters_to_binary(History))
    end.

tell(_Name, _What, [], Return, _Fails) ->
    Return;
tell(Name, What, Rules, Return, Fails) ->
    log(case What of
            left_behind -> "~w has left behind ~p";
            vacuous -> "~w has shown nothing by the rules with these numbers, as they have changed nothing: ~w"
        end, [Name, Rules]),
    case Fails andalso is_good(Return) of
        true -> {fail, {What, Rules}};
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
has_any(Kinds, Mark) -> lists:any(fun(#{event := Kind}) -> lists:member(Kind, Kinds) end, events(Mark)).

vacuous(Mark) -> [Id || #{event := rule_vacuous, rule := Id} <- events(Mark)].

events(Mark) ->
    case epmdpxy:events(Mark) of
        {ok, Events} -> Events;
        {error, _} -> []
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
