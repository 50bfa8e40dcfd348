%% SPDX-License-Identifier: MIT
%% Enough of JSON to read the daemon's answers: objects become maps, strings lists of characters. OTP 25 has none.
-module(tiny_json).
-export([decode/1]).

decode(Text) ->
    {Value, Rest} = value(skip(Text)),
    [] = skip(Rest),
    Value.

value("{" ++ Rest) -> members(skip(Rest), #{});
value("[" ++ Rest) -> elements(skip(Rest), []);
value("\"" ++ Rest) -> string(Rest, []);
value("true" ++ Rest) -> {true, Rest};
value("false" ++ Rest) -> {false, Rest};
value("null" ++ Rest) -> {null, Rest};
value(Rest) ->
    case string:to_float(Rest) of
        {error, _} -> {Int, Left} = string:to_integer(Rest), {Int, Left};
        Float -> Float
    end.

members("}" ++ Rest, Map) -> {Map, Rest};
members("," ++ Rest, Map) -> members(skip(Rest), Map);
members("\"" ++ Rest, Map) ->
    {Key, Behind} = string(Rest, []),
    ":" ++ Text = skip(Behind),
    {Value, Left} = value(skip(Text)),
    members(skip(Left), Map#{Key => Value}).

elements("]" ++ Rest, List) -> {lists:reverse(List), Rest};
elements("," ++ Rest, List) -> elements(skip(Rest), List);
elements(Text, List) ->
    {Value, Left} = value(Text),
    elements(skip(Left), [Value | List]).

string("\"" ++ Rest, Chars) -> {lists:reverse(Chars), Rest};
string("\\u" ++ [A, B, C, D | Rest], Chars) -> string(Rest, [list_to_integer([A, B, C, D], 16) | Chars]);
string([$\\, Char | Rest], Chars) -> string(Rest, [Char | Chars]);
string([Char | Rest], Chars) -> string(Rest, [Char | Chars]).

skip([Char | Rest]) when Char =< $\s -> skip(Rest);
skip(Text) -> Text.
