%% SPDX-License-Identifier: MIT
%% A node that measures, and the one that it measures with. Each is its own port mapper (-epmd_module bench_node), so that
%% the first can be told through which port to dial the other:
%%
%%     erl -noshell -epmd_module bench_node ... -s bench_node          prints the port at which it listens, and reads lines:
%%     NODE PORT WHAT SIZE SECONDS        dials NODE at PORT, prints "ready"; measures, prints how many a second; hangs up
-module(bench_node).
-export([start_link/0, register_node/2, register_node/3, address_please/3, port_please/2, port_please/3,
         listen_port_please/2, names/1]).
-export([start/0, echo/0, swallow/0]).

%% ---- the port mapper ----

start_link() -> ignore.
register_node(Name, Port) -> register_node(Name, Port, inet).
register_node(_, Port, _) -> persistent_term:put(listens, Port), {ok, 1}.
address_please(_, _, _) -> {ok, {127, 0, 0, 1}, persistent_term:get(through), 6}.
port_please(Name, Host) -> port_please(Name, Host, infinity).
port_please(_, _, _) -> {port, persistent_term:get(through), 6}.
listen_port_please(_, _) -> {ok, 0}.
names(_) -> {error, address}.

%% ---- lines ----

start() ->
    io:format("~w~n", [persistent_term:get(listens)]),
    spawn(fun lines/0).

lines() ->
    case io:get_line("") of
        eof -> halt();
        Line ->
            [Node, Port, What, Size, Seconds] = string:lexemes(string:trim(Line), " "),
            Other = list_to_atom(Node),
            persistent_term:put(through, list_to_integer(Port)),
            connect(Other, 200),
            Run = fun(Us) -> measure(list_to_atom(What), Other, list_to_integer(Size), Us) end,
            Us = round(list_to_float(Seconds) * 1.0e6),
            Run(Us div 10), % the kernel's windows open
            io:format("ready~n"),
            _ = io:get_line(""),
            io:format("~.2f~n", [Run(Us)]),
            _ = io:get_line(""),
            disconnect(Other),
            io:format("done~n"),
            lines()
    end.

%% It may not have noticed yet that the connection before has ended.
connect(Other, Tries) when Tries > 0 ->
    case net_kernel:connect_node(Other) of
        true -> ok;
        false -> timer:sleep(20), connect(Other, Tries - 1)
    end.

disconnect(Other) ->
    monitor_node(Other, true),
    erlang:disconnect_node(Other),
    receive {nodedown, Other} -> ok end.

%% ---- what is measured; returns how many a second ----

measure(round_trips, Other, Pairs, Us) ->
    Self = self(),
    Until = now_us() + Us,
    Began = now_us(),
    Workers = [spawn_link(fun() ->
                   Echo = spawn_link(Other, ?MODULE, echo, []),
                   Self ! {self(), trips(Echo, Until, 0)},
                   unlink(Echo), exit(Echo, kill)
               end) || _ <- lists:seq(1, Pairs)],
    Count = lists:sum([receive {Worker, N} -> N end || Worker <- Workers]),
    Count * 1.0e6 / (now_us() - Began);
measure(one_way, Other, Size, Us) ->
    Sink = spawn_link(Other, ?MODULE, swallow, []),
    Began = now_us(),
    Count = flood(Sink, binary:copy(<<"x">>, Size), Began + Us, max(1, 10000 div Size), 0),
    Sink ! {self(), done},
    receive {Sink, Count} -> ok end,
    Took = now_us() - Began,
    unlink(Sink), exit(Sink, kill),
    Count * 1.0e6 / Took.

trips(Echo, Until, N) ->
    Echo ! self(),
    receive Echo -> ok end,
    case now_us() < Until of
        true -> trips(Echo, Until, N + 1);
        false -> N + 1
    end.

echo() -> receive From -> From ! self(), echo() end.

%% Looks at the clock after so many.
flood(Sink, Message, Until, Burst, N) ->
    [Sink ! Message || _ <- lists:seq(1, Burst)],
    case now_us() < Until of
        true -> flood(Sink, Message, Until, Burst, N + Burst);
        false -> N + Burst
    end.

swallow() -> swallow(0).

swallow(N) ->
    receive
        {From, done} -> From ! {self(), N}, swallow(0);
        _ -> swallow(N + 1)
    end.

now_us() -> erlang:monotonic_time(microsecond).
