%% SPDX-License-Identifier: MIT
%% @private
%% Errors in words, with what to do about them.
-module(epmdpxy_words).
-export([error/1]).

-spec error(epmdpxy:reason()) -> unicode:chardata().
error(not_started) -> "epmdpxy is not started: epmdpxy:start()";
error({already_started, Port}) ->
    io_lib:format("epmdpxy is started already, on port ~w: epmdpxy:stop() first", [Port]);
error({stock_epmd, Port}) ->
    io_lib:format("another port mapper listens on port ~w: run the tests by `epmdpxy exec -- rebar3 ct', or take a free "
                  "port by epmdpxy:start(0)", [Port]);
error({port_taken, Port}) ->
    io_lib:format("port ~w is taken by something that is no port mapper: epmdpxy:start(0) takes a free one", [Port]);
error({no_program, Text}) -> Text;
error({program_too_old, Path}) ->
    io_lib:format("~ts is too old for this client: build it anew, or point EPMDPXY to another one", [Path]);
error({daemon_too_old, Port}) ->
    io_lib:format("the epmdpxy on port ~w is too old for this client", [Port]);
error({program_failed, Path, timeout, Said}) ->
    io_lib:format("~ts has not told its port in time: ~ts", [Path, Said]);
error({program_failed, Path, Status, Said}) ->
    io_lib:format("~ts did not start, and has ended with status ~w: ~ts", [Path, Status, Said]);
error({daemon_ended, Status, Said}) ->
    io_lib:format("epmdpxy has ended with status ~w: ~ts", [Status, Said]);
error({lost, Port, Why}) ->
    io_lib:format("the epmdpxy on port ~w does not answer: ~p", [Port, Why]);
error({refused, _, Text}) -> Text;
error({unknown, Names}) ->
    io_lib:format("no node has registered as ~ts; for nodes still to come say wait => true",
                  [lists:join(", ", [atom_to_binary(Name) || Name <- Names])]);
error({connected, Nodes}) ->
    io_lib:format("too late to become an observer: connected already with ~p", [Nodes]);
error(nothing_cut) -> "nothing is cut, so there is nothing to notice";
error({timeout, Missing}) when is_binary(Missing) -> ["time is over: ", Missing];
error({timeout, Missing}) -> io_lib:format("time is over: ~p", [Missing]);
error({ended, Ids}) -> io_lib:format("of the rules ~w none is left: ask for an effect before they are removed", [Ids]);
error({bad_option, {Port, What}}) when Port =:= port; Port =:= "ERL_EPMD_PORT"; Port =:= "-epmd_port" ->
    io_lib:format("~ts: ~tp is no port: that is a number from 0 to 65535 (0, where it is an option: any free one)", [Port, What]);
error({bad_option, What}) -> io_lib:format("~tp is no option, or none that can be, of this function", [What]);
error({bad_island, What}) -> io_lib:format("~tp is no island: that is the name of a node, or a list of names", [What]);
error({bad_name, What}) -> io_lib:format("~tp is no name of a node: that is an atom, a string or a binary", [What]);
error({peer_failed, Why}) -> io_lib:format("a node has not started: ~tp; what it has printed may say more", [Why]);
error(Other) -> io_lib:format("~p", [Other]).
