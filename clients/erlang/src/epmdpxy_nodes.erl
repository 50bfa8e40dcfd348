%% SPDX-License-Identifier: MIT
%% @private
%% What the nodes themselves see, and make them dial: what the wires show runs ahead of it. A node is asked over its control
%% connection (peer), or by a call over the distribution where this VM is connected with it; others cannot be asked.
-module(epmdpxy_nodes).
-export([apart/2, together/2, connect/2, can_ask/1, call/5, until/1, left/1]).
-export_type([pair/0, instant/0]).

-type pair() :: {node(), node()}.
-type instant() :: integer() | infinity. % of the monotonic clock, milliseconds

-define(ASK_MS, 5000).
-define(LEAST_MS, 200). % an answer may take that long, however short the time is
-define(DIAL_MS, 10000).
-define(PAUSE_MS, 20).
-define(STABLE_MS, 60). % a link that comes up, goes down and comes up again does so within 30 ms

-spec until(timeout()) -> instant().
until(infinity) -> infinity;
until(Timeout) -> erlang:monotonic_time(millisecond) + Timeout.

-spec left(instant()) -> timeout().
left(infinity) -> infinity;
left(Until) -> max(0, Until - erlang:monotonic_time(millisecond)).

%% Until none of the nodes that can be asked sees the other one of its pair. Of one that does not answer (it is stopped, say)
%% that is not known, so it counts as if it did.
-spec apart([pair()], instant()) -> ok | {error, {timeout, [{still_connected | no_answer, node(), node()}]}}.
apart(Pairs, Until) ->
    Views = views(Pairs, Until),
    Still = [{What, A, B} || {X, Y} <- Pairs, {A, B} <- [{X, Y}, {Y, X}],
                             What <- case sees(A, B, Views) of
                                 true -> [still_connected];
                                 silent -> [no_answer];
                                 _ -> []
                             end],
    case {Still, left(Until)} of
        {[], _} -> ok;
        {_, 0} -> {error, {timeout, Still}};
        _ -> timer:sleep(?PAUSE_MS), apart(Pairs, Until)
    end.

%% Until each sees the other one, twice in a row.
-spec together([pair()], instant()) -> ok | {error, {timeout, [{not_connected, node(), node()}]}}.
together(Pairs, Until) -> together(Pairs, Until, fun(_) -> ok end).

%% The same, and one node of each pair dials the other while they are not connected.
-spec connect([pair()], instant()) -> ok | {error, {timeout, [{not_connected, node(), node()}]}}.
connect(Pairs, Until) -> together(Pairs, Until, fun(Missing) -> dial(Missing, left(Until)) end).

together(Pairs, Until, Help) ->
    case missing(Pairs, Until) of
        [] ->
            timer:sleep(?STABLE_MS),
            case missing(Pairs, Until) of
                [] -> ok;
                _ -> again(Pairs, Until, Help)
            end;
        _ ->
            again(Pairs, Until, Help)
    end.

again(Pairs, Until, Help) ->
    Missing = missing(Pairs, Until),
    case left(Until) of
        0 when Missing =/= [] ->
            {error, {timeout, [{not_connected, A, B} || {A, B} <- Missing]}};
        _ ->
            Help(Missing),
            timer:sleep(?PAUSE_MS),
            together(Pairs, Until, Help)
    end.

missing(Pairs, Until) ->
    Views = views(Pairs, Until),
    [{A, B} || {A, B} <- Pairs, lists:any(fun(Sees) -> Sees =:= false orelse Sees =:= silent end,
                                          [sees(A, B, Views), sees(B, A, Views)])].

sees(A, B, Views) ->
    case Views of
        #{A := silent} -> silent;
        #{A := Seen} -> lists:member(B, Seen);
        _ -> unknown
    end.

%% Each node is asked once, all at the same time, for no longer than there is time. Who has died is in no view.
views(Pairs, Until) ->
    Nodes = lists:usort([Node || {A, B} <- Pairs, Node <- [A, B]]),
    Answers = parallel([{Node, fun(Way) -> ask(Way, erlang, nodes, [connected], infinity) end} || Node <- Nodes],
                       max(?LEAST_MS, min(left(Until), ?ASK_MS))),
    maps:from_list([case Answer of {ok, Seen} -> {Node, Seen}; silent -> {Node, silent} end
                    || {Node, Answer} <- Answers, Answer =/= unknown]).

dial(Pairs, Timeout) ->
    Dials = [{A, fun(Way) -> ask(Way, net_kernel, connect_node, [B], ?DIAL_MS) end}
             || Pair <- Pairs, {A, B} <- [dialer(Pair)]],
    _ = parallel(Dials, min(Timeout, ?DIAL_MS)),
    ok.

dialer({A, B}) ->
    case can_ask(A) of
        true -> {A, B};
        false -> {B, A}
    end.

parallel(Works, Timeout) ->
    Ways = epmdpxy_daemon:peers(),
    Until = until(Timeout),
    Workers = [{Node, spawn_monitor(fun() -> exit({done, Fun(Way)}) end)}
               || {Node, Fun} <- Works, {ok, Way} <- [way(Node, Ways)]],
    [receive
         {'DOWN', Ref, process, Pid, {done, Result}} -> {Node, Result};
         {'DOWN', Ref, process, Pid, _} -> {Node, unknown}
     after left(Until) ->
         erlang:demonitor(Ref, [flush]),
         exit(Pid, kill),
         {Node, silent}
     end || {Node, {Pid, Ref}} <- Workers].

-spec can_ask(node()) -> boolean().
can_ask(Node) -> way(Node, epmdpxy_daemon:peers()) =/= none.

%% For a user: what that raises is raised here.
-spec call(node(), module(), atom(), [term()], timeout()) -> {ok, term()} | {error, {unknown, [node()]}}.
call(Node, Module, Function, Args, Timeout) ->
    case way(Node, epmdpxy_daemon:peers()) of
        {ok, Way} -> ask(Way, Module, Function, Args, Timeout);
        none -> {error, {unknown, [Node]}}
    end.

way(Node, _) when Node =:= node() -> {ok, here};
way(Node, Peers) when is_map_key(Node, Peers) -> {ok, {peer, maps:get(Node, Peers)}};
way(Node, _) ->
    case lists:member(Node, nodes(connected)) of
        true -> {ok, {distribution, Node}};
        false -> none
    end.

ask(here, Module, Function, Args, _) -> {ok, apply(Module, Function, Args)};
ask({peer, Pid}, Module, Function, Args, Timeout) -> {ok, peer:call(Pid, Module, Function, Args, Timeout)};
ask({distribution, Node}, Module, Function, Args, Timeout) -> {ok, erpc:call(Node, Module, Function, Args, Timeout)}.
