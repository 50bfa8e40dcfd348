%% SPDX-License-Identifier: MIT
%% @private
%% Nodes as people write them, and as the daemon does. `n1' is that short name on any host, `n1@host' that node; *, ? and [...]
%% stand for what they stand for in file names.
-module(epmdpxy_names).
-export([island/1, islands/1, text/1, matching/2, matches/2, is_full/1, short/1, terms/1]).
-export_type([name/0, island/0, islands/0]).

-type name() :: atom() | binary() | string().
-type island() :: name() | [name()].
-type islands() :: [island()].

%% Raises {bad_island, Term}.
-spec island(island()) -> [binary()].
island(Island) ->
    case is_name(Island) of
        true -> [binary(Island)];
        false when is_list(Island), Island =/= [] -> [name(Name) || Name <- Island];
        false -> throw({error, {bad_island, Island}})
    end.

-spec islands(islands()) -> [[binary()]].
islands(Islands) ->
    case is_list(Islands) andalso not is_name(Islands) of
        true -> [island(Island) || Island <- Islands];
        false -> throw({error, {bad_island, Islands}})
    end.

name(Name) ->
    case is_name(Name) of
        true -> binary(Name);
        false -> throw({error, {bad_name, Name}})
    end.

is_name(Name) when is_atom(Name) -> Name =/= '';
is_name(Name) when is_binary(Name) -> Name =/= <<>>;
is_name([_ | _] = Name) -> lists:all(fun(C) -> is_integer(C) andalso C > 0 end, Name);
is_name(_) -> false.

binary(Name) when is_atom(Name) -> atom_to_binary(Name);
binary(Name) when is_binary(Name) -> Name;
binary(Name) -> unicode:characters_to_binary(Name).

%% An island as one word of a condition: a,b
-spec text([binary()]) -> iolist().
text(Names) -> lists:join(",", Names).

%% Those of the nodes that the island means.
-spec matching([binary()], [node()]) -> [node()].
matching(Island, Nodes) -> [Node || Node <- Nodes, lists:any(fun(Name) -> matches(Name, Node) end, Island)].

-spec matches(binary(), node()) -> boolean().
matches(Pattern, Node) ->
    Name = case binary:match(Pattern, <<"@">>) of
        nomatch -> short(Node);
        _ -> atom_to_binary(Node)
    end,
    case binary:match(Pattern, [<<"*">>, <<"?">>, <<"[">>]) of
        nomatch -> Pattern =:= Name;
        _ -> re:run(Name, ["^", expression(unicode:characters_to_list(Pattern)), "$"], [unicode, {capture, none}]) =:= match
    end.

expression("*" ++ Rest) -> [".*" | expression(Rest)];
expression("?" ++ Rest) -> ["." | expression(Rest)];
expression("[" ++ Rest) ->
    case {lists:member($], Rest), Rest} of
        {true, "!" ++ Set} -> ["[^" | in_brackets(Set)];
        {true, _} -> ["[" | in_brackets(Rest)];
        {false, _} -> ["\\[" | expression(Rest)]
    end;
expression([C | Rest]) when C < 128 -> [io_lib:format("\\x{~.16b}", [C]) | expression(Rest)];
expression([C | Rest]) -> [unicode:characters_to_binary([C]) | expression(Rest)];
expression([]) -> [].

in_brackets("]" ++ Rest) -> ["]" | expression(Rest)];
in_brackets([$\\ | Rest]) -> ["\\\\" | in_brackets(Rest)];
in_brackets([C | Rest]) -> [unicode:characters_to_binary([C]) | in_brackets(Rest)];
in_brackets([]) -> [].

-spec is_full(node()) -> boolean().
is_full(Node) -> binary:match(atom_to_binary(Node), <<"@">>) =/= nomatch.

-spec short(node()) -> binary().
short(Node) -> hd(binary:split(atom_to_binary(Node), <<"@">>)).

%% A document of the daemon for Erlang: keys are atoms, and so are names of nodes, and words of which there are only a few;
%% texts stay binaries.
-spec terms(term()) -> term().
terms(Document) when is_map(Document) ->
    maps:from_list([begin
                        Atom = binary_to_atom(Key),
                        {Atom, value(Atom, Value)}
                    end || {Key, Value} <- maps:to_list(Document)]);
terms(List) when is_list(List) -> [terms(Element) || Element <- List];
terms(Other) -> Other.

value(Key, Value) when is_binary(Value) ->
    case lists:member(Key, [name, full_name, from, to, event, fault, state, cut, mode, stage, action, type, owner, owner_node]) of
        true -> binary_to_atom(Value);
        false -> Value
    end;
value(Key, List) when is_list(List) ->
    case lists:member(Key, [islands, from, to, between, nodes, fixed, observers, faults]) of
        true -> names(List);
        false -> terms(List)
    end;
value(_Key, Value) ->
    terms(Value).

names(List) when is_list(List) -> [names(Element) || Element <- List];
names(Name) when is_binary(Name) -> binary_to_atom(Name);
names(Other) -> terms(Other).
