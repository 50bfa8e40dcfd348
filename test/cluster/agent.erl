%% SPDX-License-Identifier: MIT
%% What the tests have done inside the nodes: an observer of the cluster, and senders and receivers of numbers.
-module(agent).
-export([watch/0, downs/0, fell/0, ups/0, ping/1, collect/0, numbers/1, send/4, checksums/0, blob/2, load/2, stop_load/0]).
-export([rtts/2, ask_all/1, listen_to_log/0, logged/1, log/2]).
-export([watched/2, linked/1, linked_to/4, call_many/4, kill_many/0, own/3, at_once/4, linked_and_watched/4, leave_at_once/4]).

%% ---- what the node sees of others ----

watch() ->
    serve(watcher, fun() ->
        ok = net_kernel:monitor_nodes(true, [{node_type, all}, nodedown_reason]),
        watcher([])
    end).

watcher(Events) ->
    receive
        {nodedown, Node, Info} ->
            watcher([{down, Node, proplists:get_value(nodedown_reason, Info), os:system_time(millisecond)} | Events]);
        {nodeup, Node, _} ->
            watcher([{up, Node} | Events]);
        {From, ask} ->
            From ! {watcher, lists:reverse(Events)},
            watcher(Events)
    end.

%% [{Node, Reason}] in the order of time; the same with the time in milliseconds; and [Node].
downs() -> [{Node, Reason} || {down, Node, Reason, _} <- ask(watcher)].
fell() -> [{Node, Reason, At} || {down, Node, Reason, At} <- ask(watcher)].
ups() -> [Node || {up, Node} <- ask(watcher)].

%% {pong or pang, after so many milliseconds}.
ping(Node) ->
    {Took, Answer} = timer:tc(net_adm, ping, [Node]),
    {Answer, Took div 1000}.

%% Those that answer.
ask_all(Nodes) -> [Node || {Node, {ok, Node}} <- lists:zip(Nodes, erpc:multicall(Nodes, erlang, node, [], 5000))].

%% ---- what the node logs ----

listen_to_log() ->
    serve(logs, fun() -> logs([]) end),
    ok = logger:set_primary_config(level, all),
    logger:add_handler(?MODULE, ?MODULE, #{}).

%% logger's callback.
log(Event, _) -> logs ! {log, unicode:characters_to_list(logger_formatter:format(Event, #{}))}.

logs(Lines) ->
    receive
        {log, Line} ->
            logs([Line | Lines]);
        {From, ask} ->
            From ! {logs, Lines},
            logs(Lines)
    end.

logged(Word) -> [Line || Line <- ask(logs), string:find(Line, Word) =/= nomatch].

%% ---- numbers, to see loss, order and doubles ----

collect() ->
    serve(collector, fun() -> collector(#{}) end).

collector(Got) ->
    receive
        {number, From, N} ->
            collector(maps:update_with(From, fun(Ns) -> [N | Ns] end, [N], Got));
        {blob, From, Binary} ->
            collector(maps:update_with({blob, From}, fun(Sums) -> [erlang:md5(Binary) | Sums] end,
                                       [erlang:md5(Binary)], Got));
        {echo, From, Ref} ->
            From ! Ref,
            collector(Got);
        {From, ask} ->
            From ! {collector, Got},
            collector(Got)
    end.

%% So many messages there and back, one after the other: how many microseconds each took.
rtts(To, Count) ->
    [begin
         {Took, _} = timer:tc(fun() ->
             Ref = make_ref(),
             {collector, To} ! {echo, self(), Ref},
             receive Ref -> ok end
         end),
         Took
     end || _ <- lists:seq(1, Count)].

%% What that node sent, oldest first.
numbers(From) -> lists:reverse(maps:get(From, ask(collector), [])).

checksums() -> [{From, lists:reverse(Sums)} || {{blob, From}, Sums} <- maps:to_list(ask(collector))].

%% Sends the numbers First..Last, a pause of one millisecond after every so many.
send(To, First, Last, Every) ->
    [begin
         {collector, To} ! {number, node(), N},
         N rem Every =:= 0 andalso timer:sleep(1)
     end || N <- lists:seq(First, Last)],
    ok.

%% A binary of that size that compresses to nothing; returns its checksum.
blob(To, Bytes) ->
    Binary = rand:bytes(Bytes),
    {collector, To} ! {blob, node(), Binary},
    erlang:md5(Binary).

%% Sends numbers that never repeat to all those nodes, as fast as one per Pause ms, until stop_load().
load(Nodes, Pause) ->
    serve(loader, fun() -> loader(Nodes, Pause, 1) end).

loader(Nodes, Pause, N) ->
    [erlang:send({collector, Node}, {number, node(), N}, [nosuspend]) || Node <- Nodes],
    receive
        {From, ask} ->
            From ! {loader, N}
    after Pause ->
        loader(Nodes, Pause, N + 1)
    end.

%% Returns the last number.
stop_load() -> ask(loader).

%% ---- ----

serve(Name, Fun) ->
    Self = self(),
    spawn(fun() ->
        register(Name, self()),
        Self ! {ready, Name},
        Fun()
    end),
    receive {ready, Name} -> ok end.

ask(Name) ->
    Name ! {self(), ask},
    receive {Name, Answer} -> Answer end.

%% ---- other nodes' processes ----

%% Why it is down, or `quiet' when it is not in that time.
watched(Process, Ms) ->
    Ref = erlang:monitor(process, Process),
    receive {'DOWN', Ref, process, _, Why} -> Why
    after Ms -> erlang:demonitor(Ref, [flush]), quiet
    end.

%% Spawns a process there, and links to it once it has ended.
linked(Node) ->
    {Pid, Ref} = spawn_monitor(Node, epmdpxy, mark, []),
    receive {'DOWN', Ref, process, Pid, normal} -> ok end,
    process_flag(trap_exit, true),
    link(Pid),
    receive {'EXIT', Pid, Why} -> unlink(Pid), {linked, Why} end.

%% Is linked to a process there, for ever.
linked_to(Node, Module, Function, Args) ->
    {_, Reference} = spawn_opt(Node, Module, Function, Args, [link, monitor]),
    receive {'DOWN', Reference, process, _, _} -> linked_to(Node, Module, Function, Args) end.

%% Whoever looks whether there is room takes some for a moment.
insist(Module, Function, Args) ->
    case apply(Module, Function, Args) of
        {error, {refused, 503, _}} -> insist(Module, Function, Args);
        Answer -> Answer
    end.

%% Processes that call, all of them, that.
call_many(Count, Module, Function, Args) ->
    serve(many, fun() ->
        Pids = [spawn(fun() -> insist(Module, Function, Args) end) || _ <- lists:seq(1, Count)],
        receive {From, ask} -> [exit(Pid, kill) || Pid <- Pids], From ! {many, ok} end
    end).

kill_many() -> ask(many).

%% A process that owns what it has called, until it is killed: it, and what it got.
own(Node, Function, Args) ->
    Self = self(),
    Pid = spawn(fun() ->
        Whom = case Function of fault -> #{from => a, to => b}; _ -> #{} end,
        Self ! {self(), rpc:call(Node, epmdpxy, Function, Args ++ [Whom#{owner => self()}])},
        receive after infinity -> ok end
    end),
    receive {Pid, Answer} -> {Pid, Answer} end.

%% What so many get who call at once.
at_once(Count, Module, Function, Args) ->
    Callers = [spawn_monitor(fun() -> exit({got, apply(Module, Function, Args)}) end) || _ <- lists:seq(1, Count)],
    [receive {'DOWN', Ref, process, Pid, {got, Answer}} -> Answer end || {Pid, Ref} <- Callers].

%% A call as erpc makes it, by who is linked to what it has spawned as well: what it hears by each.
linked_and_watched(Node, Module, Function, Args) ->
    Result = make_ref(),
    process_flag(trap_exit, true),
    {Pid, Ref} = spawn_opt(Node, erpc, execute_call, [Result, Module, Function, Args], [link, monitor]),
    receive {'DOWN', Ref, process, Pid, {Result, return, Answer}} -> ok end,
    receive {'EXIT', Pid, {Result, return, Linked}} -> {Answer, Linked} end.

%% So many ask, and let the answer be before it is there: they watch no longer, or are linked and end.
leave_at_once(Count, Node, Function, Args) ->
    [begin
         {Pid, Ref} = spawn_opt(Node, erpc, execute_call, [make_ref(), epmdpxy, Function, Args], [link, monitor]),
         true = unlink(Pid),
         true = erlang:demonitor(Ref)
     end || _ <- lists:seq(1, Count)],
    [spawn(fun() ->
         _ = spawn_link(Node, erpc, execute_call, [make_ref(), epmdpxy, Function, Args]),
         exit(gone)
     end) || _ <- lists:seq(1, Count)],
    ok.
