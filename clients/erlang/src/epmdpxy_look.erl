%% SPDX-License-Identifier: MIT
%% @private
%% Which nodes there are, and whom islands and rules are about, in a look at the daemon's status.
-module(epmdpxy_look).
-export([look/0, members/1, known_nodes/1, known/2, unknown/2, pairs/1, across/3, cut_pairs/2]).

-spec look() -> map().
look() -> epmdpxy_ask:value_of(epmdpxy:status()).

%% Full names of the nodes that take part: the registered ones, observers aside.
-spec members(map()) -> [node()].
members(#{nodes := Nodes} = Status) ->
    Peers = maps:keys(epmdpxy_daemon:peers()),
    Members = [Node || #{hidden := false, observer := false} = Document <- Nodes, Node <- full_names(Document, Peers)],
    lists:usort(Members) -- observers(Status).

%% All that there are.
-spec known_nodes(map()) -> [node()].
known_nodes(#{nodes := Nodes, cables := Cables}) ->
    Peers = maps:keys(epmdpxy_daemon:peers()),
    Registered = [Node || Document <- Nodes, Node <- full_names(Document, Peers)],
    Ends = [Name || #{dialer := #{name := A}, acceptor := #{name := B}} <- Cables, Name <- [A, B], Name =/= null],
    lists:usort(Registered ++ Ends).

observers(#{nodes := Nodes}) -> [Name || #{observer := true, full_name := Name} <- Nodes, Name =/= null].

%% The port mapper knows a node's host from its first handshake on; a peer's is known anyway.
full_names(#{full_name := Name}, _) when Name =/= null -> [Name];
full_names(#{name := Name}, Peers) -> [Peer || Peer <- Peers, epmdpxy_names:short(Peer) =:= atom_to_binary(Name)].

-spec known([binary()], map()) -> ok.
known(_, #{wait := true}) -> ok;
known(Names, _) ->
    case epmdpxy_daemon:info() of
        {ok, #{options := #{strict := false}}} -> ok;
        {error, Why} -> throw({error, Why});
        {ok, _} ->
            case unknown(Names, look()) of
                [] -> ok;
                Unknown -> throw({error, {unknown, Unknown}})
            end
    end.

-spec unknown([binary()], map()) -> [atom()].
unknown(Names, #{nodes := Nodes} = Status) ->
    Hostless = [Name || #{name := Name, full_name := null} <- Nodes],
    Known = known_nodes(Status),
    lists:usort([binary_to_atom(Name) || Name <- Names,
                                         epmdpxy_names:matching([Name], Known) =:= [],
                                         epmdpxy_names:matching(binary:split(Name, <<"@">>, [trim_all]), Hostless) =:= []]).

-spec pairs([node()]) -> [epmdpxy_nodes:pair()].
pairs(Nodes) -> [{A, B} || A <- Nodes, B <- Nodes, A < B].

%% One way: what the first island sends to the others.
-spec across([[binary()]], boolean(), [node()]) -> [epmdpxy_nodes:pair()].
across([First | Rest], true, Nodes) -> across_each([{First, Island} || Island <- Rest], Nodes);
across(Islands, false, Nodes) ->
    Numbered = lists:zip(lists:seq(1, length(Islands)), Islands),
    across_each([{A, B} || {I, A} <- Numbered, {J, B} <- Numbered, I < J], Nodes).

across_each(Pairs, Nodes) ->
    lists:usort([{X, Y} || {A, B} <- Pairs, X <- epmdpxy_names:matching(A, Nodes), Y <- epmdpxy_names:matching(B, Nodes),
                           X =/= Y]).

%% Which nodes these rules cut from each other; pairs that were fixed since are none.
-spec cut_pairs([map()], map()) -> [epmdpxy_nodes:pair()].
cut_pairs(Rules, Status) ->
    Nodes = known_nodes(Status) -- observers(Status),
    lists:usort(lists:append([rule_pairs(Rule, Nodes) || #{fault := partition} = Rule <- Rules,
                                                         not is_refusing(Rule)])).

is_refusing(#{params := #{mode := Mode}}) -> Mode =:= refuse;
is_refusing(_) -> false.

rule_pairs(Rule, Nodes) ->
    Cut = rule_across(Rule, Nodes),
    Fixed = lists:append([across(words(Islands), false, Nodes) || Islands <- maps:get(fixed, Rule, [])]),
    Cut -- (Fixed ++ [{B, A} || {A, B} <- Fixed]).

rule_across(#{islands := Islands} = Rule, Nodes) -> across(words(Islands), maps:get(one_way, Rule, false), Nodes);
rule_across(#{between := [A, B]}, Nodes) -> across(words([A, B]), false, Nodes);
rule_across(#{from := From, to := To}, Nodes) -> across(words([From, To]), false, Nodes);
rule_across(_, Nodes) -> pairs(Nodes).

words(Islands) -> [epmdpxy_names:island(Island) || Island <- Islands].
