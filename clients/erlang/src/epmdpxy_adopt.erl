%% SPDX-License-Identifier: MIT
%% @private
%% A VM that is a node on another port mapper already cannot change that. It is registered with ours as well, so that nodes can
%% dial it; it cannot dial them.
-module(epmdpxy_adopt).
-export([register_at/2]).

-define(ALIVE2_REQ, 120).
-define(ALIVE2_RESP, 121).
-define(ALIVE2_X_RESP, 118).
-define(NORMAL_NODE, 77).
-define(HIDDEN_NODE, 72).
-define(WAIT_MS, 5000).

%% The registration lasts as long as the socket, which is the caller's. `own': nothing to do. `Own' is the port of the VM's own
%% mapper.
-spec register_at(inet:port_number(), inet:port_number()) -> own | {ok, gen_tcp:socket()} | {error, term()}.
register_at(Number, Own) ->
    case is_alive() andalso Number =/= Own of
        false -> own;
        true -> adopt(Number, hd(string:split(atom_to_list(node()), "@")))
    end.

adopt(Number, Name) ->
    case erl_epmd:port_please(Name, {127, 0, 0, 1}, ?WAIT_MS) of
        {port, Listens, _} ->
            case gen_tcp:connect({127, 0, 0, 1}, Number, [binary, {active, false}, {packet, 2}], ?WAIT_MS) of
                {ok, Socket} -> register_on(Socket, unicode:characters_to_binary(Name), Listens);
                {error, _} = Error -> Error
            end;
        _ ->
            {error, no_listener}
    end.

register_on(Socket, Name, Listens) ->
    Type = case init:get_argument(hidden) of {ok, _} -> ?HIDDEN_NODE; error -> ?NORMAL_NODE end,
    Request = <<?ALIVE2_REQ, Listens:16, Type, 0, 6:16, 5:16, (byte_size(Name)):16, Name/binary, 0:16>>,
    _ = gen_tcp:send(Socket, Request),
    _ = inet:setopts(Socket, [{packet, raw}]),
    case gen_tcp:recv(Socket, 2, ?WAIT_MS) of
        {ok, <<Response, 0>>} when Response =:= ?ALIVE2_X_RESP; Response =:= ?ALIVE2_RESP -> {ok, Socket};
        Other -> gen_tcp:close(Socket), {error, {not_registered, Other}}
    end.
