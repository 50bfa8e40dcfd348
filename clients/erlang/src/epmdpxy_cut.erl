%% SPDX-License-Identifier: MIT
%% @private
%% Splits, and their healing.
-module(epmdpxy_cut).
-export([cut/2, sever/2, split/3, with/3, fix/0, fix/1, heal/0, heal/2, allow/2]).
-import(epmdpxy_ask, [request/3, post_owned/4, options/2, caught/1, value_of/1, ok/1, done/1]).
-import(epmdpxy_look, [look/0, members/1, known/2, pairs/1, across/3, cut_pairs/2]).

-define(TIMEOUT, 30000).

-spec cut(epmdpxy:islands(), epmdpxy:cut_options()) -> {ok, epmdpxy:cut()} | {error, epmdpxy:reason()}.
cut(Islands, Options) ->
    caught(fun() ->
        options(Options, [mode, one_way, for, owner, wait]),
        Words = epmdpxy_names:islands(Islands),
        known(lists:append(Words), Options),
        cut_of(post_owned("/v1/cut", maps:with([mode, one_way], Options), #{islands => Words}, Options))
    end).

-spec sever(epmdpxy:islands(), epmdpxy:sever_options()) -> {ok, epmdpxy:cut()} | {error, epmdpxy:reason()}.
sever(Islands, Options) ->
    caught(fun() ->
        options(Options, [redial, one_way, for, owner, timeout, wait]),
        Words = epmdpxy_names:islands(Islands),
        known(lists:append(Words), Options),
        sever_by(maps:with([one_way], Options), #{islands => Words}, Options)
    end).

%% One of the daemon's topologies.
-spec split(atom(), none | epmdpxy:name(), epmdpxy:split_options()) -> {ok, epmdpxy:cut()} | {error, epmdpxy:reason()}.
split(Topology, Node, Options) ->
    caught(fun() ->
        options(Options, [among, seed, redial, for, owner, timeout]),
        Named = case Node of
            none -> #{};
            _ -> [Name] = epmdpxy_names:island([Node]), #{node => Name}
        end,
        Of = case Options of #{among := Island} -> #{'of' => epmdpxy_names:island(Island)}; _ -> #{} end,
        known(maps:get('of', Of, []) ++ maps:values(Named), Options),
        sever_by(maps:with([seed], Options), maps:merge(Named#{topology => Topology}, Of), Options)
    end).

sever_by(More, Document, Options) ->
    Mode = case maps:get(redial, Options, hold) of
        hold -> sever;
        refuse -> close;
        Other -> throw({error, {bad_option, {redial, Other}}})
    end,
    Until = epmdpxy_nodes:until(maps:get(timeout, Options, ?TIMEOUT)),
    {ok, #{ids := Ids} = Cut} = cut_of(post_owned("/v1/cut", More, Document#{mode => Mode}, Options)),
    Pairs = cut_pairs([Rule || #{id := Id} = Rule <- value_of(epmdpxy:rules()), lists:member(Id, Ids)], look()),
    ok(epmdpxy_await:wires_apart(Pairs, Until)),
    ok(epmdpxy_nodes:apart(Pairs, Until)),
    {ok, Cut}.

cut_of(#{rules := Rules} = Answer) ->
    Ids = [Id || #{id := Id} <- Rules],
    {ok, maps:merge(maps:with([notes, advice, seed], Answer),
                    #{id => hd(Ids), ids => Ids, islands => lists:append([maps:get(islands, Rule, []) || Rule <- Rules])})}.

-spec with(epmdpxy:islands(), epmdpxy:sever_options(), fun(() -> Result)) -> Result.
with(Islands, Options, Fun) ->
    case sever(Islands, Options) of
        {ok, _} -> ok;
        {error, Reason} ->
            _ = [fix(Islands) || element(1, Reason) =:= timeout],
            error({epmdpxy, Reason})
    end,
    Healing = maps:with([timeout], Options),
    Result = try Fun() catch Class:Why:Stack -> _ = heal(Islands, Healing), erlang:raise(Class, Why, Stack) end,
    case heal(Islands, Healing) of
        ok -> Result;
        {error, Late} -> error({epmdpxy, Late})
    end.

-spec fix() -> ok | {error, epmdpxy:reason()}.
fix() -> done(request(post, "/v1/fix", #{})).

-spec fix(epmdpxy:islands()) -> ok | {error, epmdpxy:reason()}.
fix(Islands) ->
    caught(fun() ->
        _ = [logger:warning("epmdpxy: fix: ~ts", [Note]) || Note <- fixed(Islands)],
        ok
    end).

%% What there is to say about it.
fixed(Islands) ->
    maps:get(notes, value_of(request(post, "/v1/fix", #{islands => epmdpxy_names:islands(Islands)})), []).

-spec heal() -> ok | {error, epmdpxy:reason()}.
heal() ->
    caught(fun() ->
        ok(fix()),
        Nodes = members(look()),
        epmdpxy_nodes:connect(pairs(Nodes), epmdpxy_nodes:until(?TIMEOUT))
    end).

-spec heal(epmdpxy:islands(), #{timeout => timeout()}) -> ok | {error, epmdpxy:reason()}.
heal(Islands, Options) ->
    caught(fun() ->
        options(Options, [timeout]),
        ok(fix(Islands)),
        connected(Islands, epmdpxy_nodes:until(maps:get(timeout, Options, ?TIMEOUT)))
    end).

connected(Islands, Until) ->
    epmdpxy_nodes:connect(across(epmdpxy_names:islands(Islands), false, members(look())), Until).

%% Heals, and says nothing of what was not cut.
-spec allow(epmdpxy:island(), epmdpxy:island()) -> ok | {error, epmdpxy:reason()}.
allow(A, B) ->
    caught(fun() ->
        _ = fixed([A, B]),
        connected([A, B], epmdpxy_nodes:until(?TIMEOUT))
    end).
