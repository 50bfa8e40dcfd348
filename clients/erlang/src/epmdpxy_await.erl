%% SPDX-License-Identifier: MIT
%% @private
%% Waiting: the daemon tells when something holds on the wires, the nodes when they see it.
-module(epmdpxy_await).
-export([holds/2, wires_apart/2]).
-import(epmdpxy_ask, [duration/1, value_of/1, ok/1]).
-import(epmdpxy_look, [look/0, members/1, known_nodes/1, unknown/2, pairs/1, across/3, cut_pairs/2]).

-spec holds(epmdpxy:condition(), epmdpxy_nodes:instant()) -> ok | {ok, map()} | {error, epmdpxy:reason()}.
holds(Condition, Until) -> wait(Condition, Until).

wait({up, N}, Until) when is_integer(N) ->
    on_wires(["up ", integer_to_list(N)], Until);
wait({up, Nodes}, Until) ->
    Names = epmdpxy_names:island(Nodes),
    again_until(fun() ->
        case unknown(Names, look()) of
            [] -> ok;
            Missing -> {again, {not_registered, Missing}}
        end
    end, Until);
wait(mesh, Until) ->
    ok(on_wires("mesh", Until)),
    epmdpxy_nodes:together(pairs(members(look())), Until);
wait({mesh, Nodes}, Until) ->
    Names = epmdpxy_names:island(Nodes),
    ok(on_wires(["mesh ", epmdpxy_names:text(Names)], Until)),
    epmdpxy_nodes:together(pairs(epmdpxy_names:matching(Names, members(look()))), Until);
wait({connected, A, B}, Until) ->
    [X, Y] = Words = epmdpxy_names:islands([A, B]),
    ok(on_wires(["connected ", epmdpxy_names:text(X), " ", epmdpxy_names:text(Y)], Until)),
    epmdpxy_nodes:together(across(Words, false, known_nodes(look())), Until);
wait({disconnected, A, B}, Until) ->
    [X, Y] = Words = epmdpxy_names:islands([A, B]),
    ok(on_wires(["disconnected ", epmdpxy_names:text(X), " ", epmdpxy_names:text(Y)], Until)),
    epmdpxy_nodes:apart(across(Words, false, known_nodes(look())), Until);
wait(Word, Until) when Word =:= noticed; Word =:= settled ->
    case on_wires(atom_to_list(Word), Until) of
        {error, {refused, 404, _}} -> {error, nothing_cut};
        ok -> epmdpxy_nodes:apart(cut_pairs(value_of(epmdpxy:rules()), look()), Until);
        {error, _} = Error -> Error
    end;
wait(quiet, Until) ->
    on_wires("quiet", Until);
wait({event, Pattern, After}, Until) ->
    case asked(["event ", kind(Pattern)], [{"after", integer_to_list(After)}], Until) of
        {ok, #{<<"event">> := Document}} ->
            #{id := Id} = Event = epmdpxy_names:terms(Document),
            case fits(Pattern, Event) of
                true -> {ok, Event};
                false -> wait({event, Pattern, Id}, Until)
            end;
        {ok, _} -> wait({event, Pattern, After}, Until); % forgotten already
        {error, _} = Error -> Error
    end;
wait(Condition, _) ->
    {error, {bad_option, Condition}}.

on_wires(Condition, Until) ->
    case asked(Condition, [], Until) of
        {ok, _} -> ok;
        {error, _} = Error -> Error
    end.

%% The daemon waits, in slices, so that an answer that gets lost costs no more than one. The last one is no short one: some
%% conditions take a moment to be seen.
asked(Condition, More, Until) ->
    Slice = case epmdpxy_nodes:left(Until) of infinity -> 60000; Left when Left > 70000 -> 60000; Left -> Left end,
    Query = epmdpxy_client:query([{"condition", Condition}, {"timeout", duration(Slice)} | More]),
    Port = value_of(epmdpxy_daemon:port()),
    case epmdpxy_client:request(Port, get, ["/v1/wait", Query], none, Slice + 5000) of
        {ok, _} = Answer -> Answer;
        {error, {refused, 504, Missing}} ->
            case epmdpxy_nodes:left(Until) of
                0 -> {error, {timeout, Missing}};
                _ -> asked(Condition, More, Until)
            end;
        {error, _} = Error -> Error
    end.

again_until(Look, Until) ->
    case {Look(), epmdpxy_nodes:left(Until)} of
        {{again, Missing}, 0} -> {error, {timeout, Missing}};
        {{again, _}, _} -> timer:sleep(20), again_until(Look, Until);
        {Answer, _} -> Answer
    end.

kind(Kind) when is_atom(Kind) -> atom_to_list(Kind);
kind(#{event := Kind}) -> atom_to_list(Kind);
kind(_) -> "*".

fits(Kind, #{event := Event}) when is_atom(Kind) -> Kind =:= Event;
fits(Pattern, Event) ->
    lists:all(fun({Key, Wanted}) ->
        case Event of
            #{Key := Wanted} -> true;
            #{Key := Node} when Key =:= from; Key =:= to -> epmdpxy_names:matching(epmdpxy_names:island(Wanted), [Node]) =/= [];
            _ -> false
        end
    end, maps:to_list(Pattern)).

%% Until none of the pairs has a connection.
-spec wires_apart([epmdpxy_nodes:pair()], epmdpxy_nodes:instant()) -> ok | {error, epmdpxy:reason()}.
wires_apart(Pairs, Until) ->
    again_until(fun() ->
        #{cables := Cables} = look(),
        Up = [{A, B} || #{state := up, dialer := #{name := A}, acceptor := #{name := B}} <- Cables,
                        lists:member({A, B}, Pairs) orelse lists:member({B, A}, Pairs)],
        case Up of
            [] -> ok;
            _ -> {again, [{still_connected, A, B} || {A, B} <- Up]}
        end
    end, Until).
