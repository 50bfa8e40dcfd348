%% SPDX-License-Identifier: MIT
%% @private
%% Faults other than cuts; and what there is to know of a rule.
-module(epmdpxy_fault).
-export([add/3, with/2, remove/1, effect/1]).
-import(epmdpxy_ask, [request/3, post_owned/4, duration/1, options/2, caught/1, value_of/1, done/1]).
-import(epmdpxy_look, [known/2]).

-spec add(atom(), #{atom() => term()}, epmdpxy:fault_options()) -> {ok, epmdpxy:rule()} | {error, epmdpxy:reason()}.
add(Kind, Params, Options) ->
    caught(fun() ->
        options(Options, [from, to, between, nodes, dialled_by, for, owner, wait]),
        Document = rule_document(Kind, Params, Options),
        #{rules := [Rule | _]} = Answer = post_owned("/v1/rules", #{}, Document, Options),
        {ok, maps:merge(maps:with([notes, advice], Answer), Rule)}
    end).

rule_document(Kind, Params, Options) ->
    Whom = maps:map(fun(between, Islands) -> epmdpxy_names:islands(Islands);
                       (_, Island) -> epmdpxy_names:island(Island)
                    end, maps:with([from, to, between, nodes], Options)),
    known(lists:flatmap(fun({between, Islands}) -> lists:append(Islands);
                           ({_, Island}) -> Island
                        end, maps:to_list(Whom)), Options),
    maps:merge(maps:merge(maps:with([dialled_by], Options), Whom),
               #{fault => Kind, params => maps:map(fun param/2, Params)}).

param(Name, Value) when is_integer(Value), (Name =:= delay orelse Name =:= jitter orelse Name =:= every) ->
    duration(Value);
param(_Name, Value) ->
    text_value(Value).

%% A list of words stays a list; a string becomes a text.
text_value([C | _] = Text) when is_integer(C) -> unicode:characters_to_binary(Text);
text_value(Value) -> Value.

-spec with([{atom(), #{atom() => term()}, epmdpxy:fault_options()}], fun(() -> Result)) -> Result.
with(Faults, Fun) -> with(Faults, Fun, []).

with([], Fun, Added) ->
    try Fun() after _ = [remove(Rule) || Rule <- Added] end;
with([{Kind, Params, Options} | Rest], Fun, Added) ->
    case add(Kind, Params, Options) of
        {ok, Rule} -> with(Rest, Fun, [Rule | Added]);
        {error, Why} -> _ = [remove(Rule) || Rule <- Added], error({epmdpxy, Why})
    end.

-spec remove(pos_integer() | epmdpxy:cut() | epmdpxy:rule()) -> ok | {error, epmdpxy:reason()}.
remove(#{ids := Ids}) -> remove_all(Ids);
remove(#{id := Id}) -> remove(Id);
remove(Id) when is_integer(Id) ->
    case request(delete, ["/v1/rules/", integer_to_list(Id)], none) of
        {error, {refused, 404, _}} -> ok;
        Answer -> done(Answer)
    end.

remove_all([]) -> ok;
remove_all([Id | Rest]) ->
    case remove(Id) of
        ok -> remove_all(Rest);
        {error, _} = Error -> Error
    end.

-spec effect(pos_integer() | epmdpxy:cut() | epmdpxy:rule()) -> {ok, #{atom() => integer() | boolean()}} | {error, epmdpxy:reason()}.
effect(#{ids := Ids}) -> effect_of(Ids);
effect(#{id := Id}) -> effect_of([Id]);
effect(Id) when is_integer(Id) -> effect_of([Id]).

effect_of(Ids) ->
    caught(fun() ->
        case [Effect || #{id := Id, effect := Effect} <- value_of(epmdpxy:rules()), lists:member(Id, Ids)] of
            [] -> {error, {ended, Ids}};
            [First | Others] -> {ok, lists:foldl(fun add_effect/2, First, Others)}
        end
    end).

%% What several rules have done.
add_effect(Effect, Sum) ->
    maps:fold(fun(Key, Value, So) -> So#{Key => both(Key, Value, maps:get(Key, So, none))} end, Sum, Effect).

both(_, Value, none) -> Value;
both(bitten, A, B) -> A orelse B;
both(first_ms, A, B) -> min(A, B);
both(Key, A, B) when Key =:= last_ms; Key =:= given_up_ms -> max(A, B);
both(_, A, B) -> A + B.
