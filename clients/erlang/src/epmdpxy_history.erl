%% SPDX-License-Identifier: MIT
%% @private
%% What was asked for and what happened, as lines for the log of a failed test.
-module(epmdpxy_history).
-export([since/1]).

-spec since(non_neg_integer()) -> unicode:chardata().
since(After) ->
    %% The mark's own event tells since when: what was asked for comes before what happens then.
    case {epmdpxy:events(max(0, After - 1)), epmdpxy_daemon:info()} of
        {{ok, Events}, {ok, #{seed := Seed, port := Port, journal := Journal}}} ->
            Since = case Events of [#{time_ms := First} | _] when After > 0 -> First; _ -> 0 end,
            Lines = lists:keysort(1, [{Ms, Text} || {Ms, Text} <- Journal, Ms >= Since] ++
                                         [event_line(Event) || #{id := Id} = Event <- Events, Id > After]),
            [io_lib:format("epmdpxy on port ~w, seed ~w~n", [Port, Seed]) | [history_line(Line) || Line <- Lines]];
        {{error, Why}, _} ->
            ["epmdpxy: ", epmdpxy_words:error(Why), "\n"];
        {_, {error, Why}} ->
            ["epmdpxy: ", epmdpxy_words:error(Why), "\n"]
    end.

event_line(#{time_ms := Ms, event := Event, text := Text}) ->
    {Ms, io_lib:format("~-14s ~ts", [Event, Text])}.

history_line({Ms, Text}) ->
    [string:slice(calendar:system_time_to_rfc3339(Ms, [{unit, millisecond}]), 11, 12), "  ", Text, "\n"].
