%% SPDX-License-Identifier: MIT
%% @private
%% Nodes that are no part of the experiment.
-module(epmdpxy_observer).
-export([declare/2]).
-import(epmdpxy_ask, [request/3, caught/1, value_of/1, ok/1]).

-spec declare(epmdpxy:island(), epmdpxy:island()) -> ok | {error, epmdpxy:reason()}.
declare(Runner, Nodes) ->
    caught(fun() ->
        Names = lists:flatmap(fun with_short/1, epmdpxy_names:island(Runner)),
        ok(not_connected(Names, epmdpxy_names:island(Nodes), epmdpxy_look:look())),
        _ = value_of(request(post, "/v1/observers", #{nodes => Names})),
        epmdpxy_daemon:observed(Names)
    end).

%% A node that dials this one says its name before the daemon has learnt the host of ours.
with_short(Name) ->
    case binary_to_atom(Name) =:= node() of
        true -> [Name, epmdpxy_names:short(node())];
        false -> [Name]
    end.

not_connected(Names, Nodes, #{cables := Cables} = Status) ->
    Known = [maps:get(full_name, Node) || #{observer := true} = Node <- maps:get(nodes, Status)],
    Others = [Other || #{dialer := #{name := A}, acceptor := #{name := B}} <- Cables, {X, Other} <- [{A, B}, {B, A}],
                       is_atom(X), X =/= null, X =/= undefined, Other =/= null, not lists:member(X, Known),
                       epmdpxy_names:matching(Names, [X]) =/= []],
    case lists:usort(epmdpxy_names:matching(Nodes, Others)) of
        [] -> ok;
        Early -> {error, {connected, Early}}
    end.
