%% SPDX-License-Identifier: MIT
%% Real daemons and real nodes for the tests. The nodes are controlled over their standard input and output (OTP's peer
%% module), so that the test itself is no member of the cluster.
-module(cluster).
-export([init/2, 'end'/1, port/1, log/1, epmdpxy/2, cli/2, fault/2, http/4, status/1, cables/1, up_cables/1, states/1,
         lane/3, counter/2]).
-export([start/2, start/3, start_one/3, stop/2, kill/2, suspend/2, call/5, node_of/2, nodes_of/1, connect/2, sees/2]).
-export([wait/1, wait/2, wait_mesh/2, short/1, later/1]).
-export([now_ms/0, ping/3, timed_ping/3, lost/2, noticed/4, send/4, got/3, send_blob/4]).

-define(BOUND, 60000).

%% ---- a test case's daemon; Config carries {epmdpxy, Keeper} ----

init(Args, Config) ->
    Self = self(),
    Log = filename:join(proplists:get_value(priv_dir, Config), "epmdpxy.log"),
    {Keeper, Ref} = spawn_monitor(fun() -> keeper(Self, Args, Log) end),
    receive
        {Keeper, Port} ->
            erlang:demonitor(Ref, [flush]),
            [{epmdpxy, Keeper}, {epmd_port, Port}, {epmdpxy_log, Log} | Config];
        {'DOWN', Ref, process, Keeper, Why} ->
            error({the_daemon_did_not_start, Why})
    end.

%% Stops all nodes; then nothing may be left, and the daemon must end cleanly (the sanitizers' reports end it with
%% another status).
'end'(Config) ->
    Keeper = proplists:get_value(epmdpxy, Config),
    [stop(Config, Name) || Name <- ask(Keeper, names)],
    Left = try wait(fun() -> cables(Config) =:= [] end), [] catch error:_ -> cables(Config) end,
    {Status, Leaked} = {ask(Keeper, stop), Left},
    {ok, Log} = file:read_file(proplists:get_value(epmdpxy_log, Config)),
    case {Status, Leaked} of
        {0, []} -> ok;
        _ -> io:format("~s", [Log]), {fail, {daemon_ended_with, Status, cables_left, Leaked}}
    end.

port(Config) -> proplists:get_value(epmd_port, Config).

log(Config) ->
    {ok, Log} = file:read_file(proplists:get_value(epmdpxy_log, Config)),
    binary_to_list(Log).

keeper(Owner, Args, Log) ->
    PortFile = Log ++ ".port",
    file:delete(PortFile),
    Program = open_port({spawn_executable, "/bin/sh"},
                        [exit_status,
                         {args, ["-c", "exec \"$0\" \"$@\" 2>" ++ Log, program(), "serve", "--port", "0", "--port-file",
                                 PortFile, "--log-level", "debug" | Args]}]),
    {os_pid, Pid} = erlang:port_info(Program, os_pid),
    wait(fun() -> filelib:is_regular(PortFile) end),
    {ok, Text} = file:read_file(PortFile),
    Owner ! {self(), binary_to_integer(string:trim(Text))},
    keep(Program, Pid, #{}).

keep(Program, Pid, Nodes) ->
    receive
        {From, names} -> From ! {self(), maps:keys(Nodes)}, keep(Program, Pid, Nodes);
        {From, {put, Name, Node}} -> From ! {self(), ok}, keep(Program, Pid, Nodes#{Name => Node});
        {From, {get, Name}} -> From ! {self(), maps:get(Name, Nodes)}, keep(Program, Pid, Nodes);
        {From, {remove, Name}} -> From ! {self(), ok}, keep(Program, Pid, maps:remove(Name, Nodes));
        {From, stop} ->
            os:cmd("kill -TERM " ++ integer_to_list(Pid)),
            receive {Program, {exit_status, Status}} -> From ! {self(), Status} end;
        {Program, {exit_status, Status}} ->
            io:format(user, "the daemon died with status ~p~n", [Status]),
            dead(Status)
    after 120000 ->
        os:cmd("kill -TERM " ++ integer_to_list(Pid))
    end.

dead(Status) ->
    receive
        {From, stop} -> From ! {self(), {died, Status}};
        {From, names} -> From ! {self(), []}, dead(Status);
        {From, _} -> From ! {self(), {died, Status}}, dead(Status)
    end.

ask(Keeper, Question) ->
    Keeper ! {self(), Question},
    receive {Keeper, Answer} -> Answer after ?BOUND -> error({no_answer, Question}) end.

program() -> os:getenv("EPMDPXY").

%% ---- the command line, and what it tells ----

%% epmdpxy(Config, "cut a b") -> its output; fails unless the exit status is 0.
epmdpxy(Config, Words) ->
    {0, Output} = cli(Config, Words),
    Output.

%% cli(Config, "cut a b") -> {exit status, output}. Whether it leaks is looked at elsewhere (test/cli); that takes as
%% long as all the rest of it.
cli(Config, Words) ->
    Line = lists:flatten(io_lib:format("ASAN_OPTIONS=detect_leaks=0 ~s ~s --port ~w; echo $?", [program(), Words, port(Config)])),
    Lines = string:split(string:trim(os:cmd(Line)), "\n", trailing),
    {list_to_integer(lists:last(Lines)), hd(Lines)}.

%% fault(Config, "mute --between a b") -> the rule's number
fault(Config, Words) ->
    #{"rules" := [#{"id" := Id}]} = tiny_json:decode(epmdpxy(Config, "fault add --json " ++ Words)),
    Id.

%% What "status --json" prints. It is asked for every few milliseconds, so without a program of its own each time.
status(Config) -> http(Config, "GET", "/v1/status", "").

http(Config, Method, Path, Body) ->
    {ok, Socket} = gen_tcp:connect("localhost", port(Config), [binary, {active, false}]),
    ok = gen_tcp:send(Socket, [Method, " ", Path, " HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\n",
                               "Content-Length: ", integer_to_list(iolist_size(Body)), "\r\n\r\n", Body]),
    Answer = read_to_end(Socket, []),
    {<<"HTTP/1.1 200 ">>, _} = {binary:part(Answer, 0, 13), Answer},
    [_, Document] = binary:split(Answer, <<"\r\n\r\n">>),
    tiny_json:decode(unicode:characters_to_list(Document)).

read_to_end(Socket, Read) ->
    case gen_tcp:recv(Socket, 0, ?BOUND) of
        {ok, Bytes} -> read_to_end(Socket, [Bytes | Read]);
        {error, closed} -> gen_tcp:close(Socket), iolist_to_binary(lists:reverse(Read))
    end.

cables(Config) -> maps:get("cables", status(Config)).

%% [[Name, Name]] of the cables over which nodes talk, names and list sorted.
up_cables(Config) ->
    lists:sort([lists:sort([name(Cable, "dialer"), name(Cable, "acceptor")])
                || #{"state" := "up"} = Cable <- cables(Config)]).

%% Of all cables, oldest first.
states(Config) -> [State || #{"state" := State} <- cables(Config)].

%% What is told about the one lane from that node to the other.
lane(Config, From, To) ->
    {A, B} = {atom_to_list(node_of(Config, From)), atom_to_list(node_of(Config, To))},
    [Lane] = [Lane || #{"lanes" := Lanes} <- cables(Config), #{"from" := F, "to" := T} = Lane <- Lanes, F =:= A, T =:= B],
    Lane.

counter(Config, Name) -> maps:get(Name, maps:get("counters", status(Config))).

name(Cable, End) -> maps:get("name", maps:get(End, Cable)).

%% ---- nodes ----

%% Starts the nodes at the same time; returns their full names.
start(Config, Names) -> start(Config, Names, []).

start(Config, Names, Args) ->
    Self = self(),
    Starters = [spawn_monitor(fun() -> Self ! {self(), start_one(Config, Name, Args)} end) || Name <- Names],
    [receive
         {Pid, Node} -> erlang:demonitor(Ref, [flush]), Node;
         {'DOWN', Ref, process, Pid, Why} -> error(Why)
     end || {Pid, Ref} <- Starters].

%% Options beside strings: {longnames, Host}, {env, [{Name, Value}]}, {anonymous, true}
start_one(Config, Name, Options) ->
    Args = [Arg || Arg <- Options, is_list(Arg)],
    Env = proplists:get_value(env, Options, []),
    Common = #{connection => standard_io, wait_boot => ?BOUND,
               env => [{"ERL_EPMD_PORT", integer_to_list(port(Config))} | Env],
               args => ["-start_epmd", "false", "-pa", filename:dirname(code:which(?MODULE)), "-setcookie", "epmdpxy", "-kernel", "net_ticktime",
                        "4", "-kernel", "logger_level", "none", "-kernel", "prevent_overlapping_partitions", "false",
                        "+S", "1:1", "+A", "1", "+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none" | Args]},
    Named = case {proplists:get_value(longnames, Options), proplists:get_value(anonymous, Options)} of
        {undefined, undefined} -> Common#{name => Name};
        {undefined, true} -> Common;
        {Host, undefined} -> Common#{name => Name, host => Host, longnames => true}
    end,
    {ok, Peer, _} = peer:start(maps:merge(Named, program_of(Name))),
    Node = peer:call(Peer, erlang, node, []),
    ok = ask(proplists:get_value(epmdpxy, Config), {put, Name, {Peer, Node}}),
    ok = peer:call(Peer, agent, watch, []),
    ok = peer:call(Peer, agent, collect, []),
    Node.

%% NODES_ERL: the programs of several releases, dealt out by the nodes' names (test/releases/run); else this one's.
program_of(Name) ->
    case string:lexemes(os:getenv("NODES_ERL", ""), " ") of
        [] -> #{};
        Programs -> #{exec => lists:nth(1 + lists:sum(Name) rem length(Programs), Programs)}
    end.

peer_of(Config, Name) -> element(1, ask(proplists:get_value(epmdpxy, Config), {get, Name})).

node_of(Config, Name) -> element(2, ask(proplists:get_value(epmdpxy, Config), {get, Name})).

nodes_of(Config) -> lists:sort([node_of(Config, Name) || Name <- ask(proplists:get_value(epmdpxy, Config), names)]).

stop(Config, Name) ->
    Peer = peer_of(Config, Name),
    ok = ask(proplists:get_value(epmdpxy, Config), {remove, Name}),
    catch peer:stop(Peer).

%% As if the machine had lost it.
kill(Config, Name) ->
    Peer = peer_of(Config, Name),
    Pid = call(Config, Name, os, getpid, []),
    ok = ask(proplists:get_value(epmdpxy, Config), {remove, Name}),
    os:cmd("kill -KILL " ++ Pid),
    catch peer:stop(Peer).

%% It reads and says nothing, until the fun that is returned is called.
suspend(Config, Name) ->
    Pid = call(Config, Name, os, getpid, []),
    os:cmd("kill -STOP " ++ Pid),
    fun() -> os:cmd("kill -CONT " ++ Pid) end.

call(Config, Name, Module, Function, Args) -> peer:call(peer_of(Config, Name), Module, Function, Args, ?BOUND).

%% Each of the nodes pings each other one.
connect(Config, Names) ->
    [pong = call(Config, A, net_adm, ping, [node_of(Config, B)]) || A <- Names, B <- Names, A < B],
    ok.

%% The other nodes that it is connected to, hidden ones too, as sorted short names.
sees(Config, Name) -> lists:sort([short(Node) || Node <- call(Config, Name, erlang, nodes, [connected])]).

short(Node) -> hd(string:split(atom_to_list(Node), "@")).

ping(Config, From, To) -> call(Config, From, net_adm, ping, [node_of(Config, To)]).

%% {pong or pang, milliseconds}, measured in the node.
timed_ping(Config, From, To) -> call(Config, From, agent, ping, [node_of(Config, To)]).

%% [{Node, Reason}] of the nodes it lost, sorted.
lost(Config, Name) -> lists:sort(call(Config, Name, agent, downs, [])).

%% Waits until that node has lost the other one since then: {Reason, after so many milliseconds}.
noticed(Config, Name, Other, Since) ->
    Node = node_of(Config, Other),
    Look = fun() -> [{Why, At - Since} || {N, Why, At} <- call(Config, Name, agent, fell, []), N =:= Node, At >= Since] end,
    wait(fun() -> Look() =/= [] end),
    hd(Look()).

%% ---- what nodes send to each other ----

%% The numbers, a millisecond's pause after every so many, or five.
send(Config, From, To, {First, Last}) -> send(Config, From, To, {First, Last, 5});
send(Config, From, To, {First, Last, Every}) ->
    call(Config, From, agent, send, [node_of(Config, To), First, Last, Every]).

%% Those that have come, in their order.
got(Config, To, From) -> call(Config, To, agent, numbers, [node_of(Config, From)]).

%% A blob of that size; returns a fun that tells whether it has come, whole.
send_blob(Config, From, To, Bytes) ->
    Sum = call(Config, From, agent, blob, [node_of(Config, To), Bytes]),
    Node = node_of(Config, From),
    fun() -> lists:member(Sum, proplists:get_value(Node, call(Config, To, agent, checksums, []), [])) end.

%% ---- waiting ----

%% The same clock in all nodes.
now_ms() -> os:system_time(millisecond).

%% Does that at the same time; returns a fun that waits for what it returns.
later(Fun) ->
    {Pid, Ref} = spawn_monitor(fun() -> exit({done, Fun()}) end),
    fun() ->
        receive
            {'DOWN', Ref, process, Pid, {done, Result}} -> Result;
            {'DOWN', Ref, process, Pid, Why} -> error(Why)
        end
    end.

wait(Fun) -> wait(Fun, ?BOUND).

wait(Fun, Bound) when Bound =< 0 -> error({never_came_true, Fun});
wait(Fun, Bound) ->
    Began = erlang:monotonic_time(millisecond),
    case Fun() of
        true -> ok;
        false ->
            timer:sleep(20),
            wait(Fun, Bound - (erlang:monotonic_time(millisecond) - Began))
    end.

%% Until each of the nodes sees exactly the others, and one cable an unordered pair is up.
wait_mesh(Config, Names) ->
    Pairs = lists:sort([lists:sort([atom_to_list(node_of(Config, A)), atom_to_list(node_of(Config, B))])
                        || A <- Names, B <- Names, A < B]),
    wait(fun() -> lists:all(fun(Name) -> sees(Config, Name) =:= lists:sort(Names -- [Name]) end, Names) end),
    wait(fun() -> up_cables(Config) =:= Pairs andalso length(cables(Config)) =:= length(Pairs) end).
