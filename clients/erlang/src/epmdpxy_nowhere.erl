%% SPDX-License-Identifier: MIT
%% @private
%% Where nodes look for a port mapper when ours could not be started: at a port that is bound, and where nobody listens. They
%% fail to start then, and cannot start a stock port mapper there either, which would let the suite go on without any fault.
-module(epmdpxy_nowhere).
-export([point/1, leave/0]).

-define(HOLDER, epmdpxy_nowhere).
-define(VARIABLE, "ERL_EPMD_PORT").

%% Points the environment to it, until leave/0, which gives the variable its former value.
-spec point(string() | false) -> ok.
point(Former) ->
    leave(),
    Self = self(),
    {Pid, Ref} = spawn_monitor(fun() -> hold(Self, Former) end),
    receive
        {Pid, pointed} -> erlang:demonitor(Ref, [flush]), ok;
        {'DOWN', Ref, process, Pid, _} -> ok
    end.

-spec leave() -> ok.
leave() ->
    case whereis(?HOLDER) of
        undefined ->
            ok;
        Pid ->
            Ref = erlang:monitor(process, Pid),
            Pid ! leave,
            receive {'DOWN', Ref, process, Pid, _} -> ok end
    end.

%% IPv6's any address takes IPv4's too, on both of which a port mapper wants to listen.
hold(From, Former) ->
    true = register(?HOLDER, self()),
    {ok, Socket} = case bound(inet6, {0, 0, 0, 0, 0, 0, 0, 0}) of
        {ok, _} = Ok -> Ok;
        {error, _} -> bound(inet, {0, 0, 0, 0})
    end,
    {ok, #{port := Number}} = socket:sockname(Socket),
    true = os:putenv(?VARIABLE, integer_to_list(Number)),
    From ! {self(), pointed},
    receive leave -> restore(Former) end,
    _ = socket:close(Socket),
    ok.

restore(false) -> os:unsetenv(?VARIABLE);
restore(Former) -> os:putenv(?VARIABLE, Former).

bound(Family, Address) ->
    case socket:open(Family, stream, tcp) of
        {ok, Socket} ->
            case socket:bind(Socket, #{family => Family, addr => Address, port => 0}) of
                ok -> {ok, Socket};
                {error, _} = Error -> _ = socket:close(Socket), Error
            end;
        {error, _} = Error ->
            Error
    end.
