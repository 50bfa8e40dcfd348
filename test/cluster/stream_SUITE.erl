%% SPDX-License-Identifier: MIT
%% What goes through a cable, and how it ends.
-module(stream_SUITE).
-compile([export_all, nowarn_export_all]).

-import(cluster, [start/2, start/3, kill/2, call/5, node_of/2, connect/2, sees/2, wait/1, wait/2, wait_mesh/2, epmdpxy/2,
                  cables/1, status/1]).

suite() -> [{timetrap, {seconds, 90}}].

all() -> [big_binaries, cut_in_a_big_frame, killed_in_a_big_frame, killed_in_a_handshake, simultaneous, suspended].

init_per_testcase(_, Config) -> cluster:init([], Config).
end_per_testcase(_, Config) -> cluster:'end'(Config).

%% Has that lane of the one cable taken more bytes than that?
moved(Config, From, Bytes) ->
    Name = atom_to_list(node_of(Config, From)),
    [#{"lanes" := Lanes}] = cables(Config),
    [Moved] = [N || #{"from" := F, "bytes" := N} <- Lanes, F =:= Name],
    Moved > Bytes.

%% Sends blobs of those sizes from each of the two to the other, at the same time; returns a fun that waits for them.
exchange(Config, A, B, Sizes) ->
    Self = self(),
    Senders = [spawn_link(fun() ->
                   Self ! {self(), To, [{node_of(Config, From), call(Config, From, agent, blob, [node_of(Config, To), Size])}
                                        || Size <- Sizes]}
               end) || {From, To} <- [{A, B}, {B, A}]],
    fun() ->
        [receive
             {Sender, To, Sent} ->
                 [{From, _} | _] = Sent,
                 Sums = [Sum || {_, Sum} <- Sent],
                 wait(fun() -> proplists:get_value(From, call(Config, To, agent, checksums, [])) =:= Sums end)
         end || Sender <- Senders]
    end.

big_binaries(Config) ->
    start(Config, ["a", "b"]),
    connect(Config, ["a", "b"]),
    Mega = 1024 * 1024,
    (exchange(Config, "a", "b", [1, Mega, 1000, 20 * Mega, Mega, 128 * 1024, 127 * 1024, 3 * Mega]))(),
    [#{"state" := "up", "lanes" := [#{"bytes" := There}, #{"bytes" := Back}]}] = cables(Config),
    true = There > 25 * Mega andalso Back > 25 * Mega.

cut_in_a_big_frame(Config) ->
    start(Config, ["a", "b"]),
    connect(Config, ["a", "b"]),
    Wait = exchange(Config, "a", "b", [60 * 1024 * 1024, 1000]),
    wait(fun() -> moved(Config, "a", 5 * 1024 * 1024) end),
    epmdpxy(Config, "cut a b"),
    [#{"lanes" := [#{"bytes" := There}, #{"bytes" := Back}]}] = cables(Config),
    timer:sleep(1000), % the length of the split
    [#{"lanes" := [#{"bytes" := There}, #{"bytes" := Back}]}] = cables(Config), % nothing moved
    epmdpxy(Config, "fix"),
    Wait(),
    [] = call(Config, "a", agent, downs, []),
    [] = call(Config, "b", agent, downs, []).

killed_in_a_big_frame(Config) ->
    [_, B] = start(Config, ["a", "b"]),
    connect(Config, ["a", "b"]),
    spawn(fun() -> catch call(Config, "a", agent, blob, [B, 200 * 1024 * 1024]) end),
    wait(fun() -> moved(Config, "a", 10 * 1024 * 1024) end),
    kill(Config, "a"),
    wait(fun() -> [Reason || {_, Reason} <- call(Config, "b", agent, downs, [])] =:= [connection_closed] end, 2000),
    [] = call(Config, "b", agent, checksums, []), % it was in the middle indeed
    wait(fun() -> cables(Config) =:= [] end, 2000).

%% The dialer dies while its handshake is half way: the acceptor's end closes at once, not with its own time-out of 7 s.
killed_in_a_handshake(Config) ->
    start(Config, ["a", "b"]),
    epmdpxy(Config, "cut --one-way b a"), % the name passes, the answer does not
    spawn(fun() -> catch call(Config, "a", net_adm, ping, [node_of(Config, "b")]) end),
    wait(fun() -> [State || #{"state" := State} <- cables(Config)] =:= ["shaking"] end),
    kill(Config, "a"),
    wait(fun() -> cables(Config) =:= [] end, 2000),
    pong = call(Config, "b", net_adm, ping, [node_of(Config, "b")]).

%% All nodes dial all others at the same moment: of each two attempts one survives.
simultaneous(Config) ->
    Names = ["n1", "n2", "n3", "n4", "n5"],
    Nodes = start(Config, Names, ["-connect_all", "false"]),
    Self = self(),
    [begin
         Pingers = [spawn_link(fun() -> call(Config, Name, lists, foreach, [fun net_adm:ping/1, Nodes]), Self ! {self(), done} end)
                    || Name <- Names],
         [receive {Pinger, done} -> ok end || Pinger <- Pingers],
         wait_mesh(Config, Names),
         [call(Config, Name, lists, foreach, [fun erlang:disconnect_node/1, Nodes]) || Name <- Names],
         wait(fun() -> cables(Config) =:= [] end)
     end || _ <- lists:seq(1, 8)].

%% A node that reads nothing pushes back on its sender, and on nobody else: not on the daemon.
suspended(Config) ->
    [_, B, _] = start(Config, ["a", "b", "c"], ["-connect_all", "false", "-kernel", "net_ticktime", "60"]),
    connect(Config, ["a", "b", "c"]),
    Pid = call(Config, "b", os, getpid, []),
    os:cmd("kill -STOP " ++ Pid),
    Self = self(),
    Sender = spawn_link(fun() -> Self ! {self(), call(Config, "a", agent, blob, [B, 20 * 1024 * 1024])} end),
    Bytes = fun() -> lists:sum([N || #{"lanes" := Lanes} <- cables(Config), #{"bytes" := N} <- Lanes]) end,
    wait(fun() -> Bytes() > 1024 * 1024 end),
    {Took, _} = timer:tc(fun() ->
        epmdpxy(Config, "cut a b"),
        epmdpxy(Config, "fix"),
        pong = call(Config, "a", net_adm, ping, [node_of(Config, "c")])
    end),
    true = Took < 3000000,
    os:cmd("kill -CONT " ++ Pid),
    receive {Sender, Sum} -> ok end,
    wait(fun() -> call(Config, "b", agent, checksums, []) =:= [{node_of(Config, "a"), [Sum]}] end).
